/** The two tables, for whoever makes them: the local starter, the tests, and the infrastructure. */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'

/** Both tables expire items by this attribute: whole seconds since 1970. */
export const TTL_ATTRIBUTE = 'expiresAt'
/** Sessions that refill still has to look at, by the end of their lease. Sparse: settled sessions leave it. */
export const LIVE_INDEX = 'live'

export function poolTable(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pool', AttributeType: 'S' },
      { AttributeName: 'slot', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pool', KeyType: 'HASH' },
      { AttributeName: 'slot', KeyType: 'RANGE' },
    ],
  }
}

export function sessionsTable(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'sessionId', AttributeType: 'S' },
      { AttributeName: 'item', AttributeType: 'S' },
      { AttributeName: 'live', AttributeType: 'S' },
      { AttributeName: 'leaseEndsAt', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'sessionId', KeyType: 'HASH' },
      { AttributeName: 'item', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: LIVE_INDEX,
        KeySchema: [
          { AttributeName: 'live', KeyType: 'HASH' },
          { AttributeName: 'leaseEndsAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  }
}
