/** The two tables and their keys. The dev server, the tests and the infrastructure create the tables from here. */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'

/** Partition of the Pool table with the slots and refill's row. */
export const MAIN = 'main'
/** Sort key of refill's row in the partition {@link MAIN}. */
export const REFILL_ROW = 'refill'
/** Partition of the Pool table with the statistics. */
export const STATS = 'stats'
/** Partition of the Pool table with one row of statistics, {@link TOTALS_ROW}, that never expires: `GET /metrics` reads it. */
export const TOTALS = 'totals'
/** Sort key of the row in the partition {@link TOTALS}. */
export const TOTALS_ROW = 'since-first-deploy'
/** Partition of the Pool table with the salts of the address hashes, one per day. */
export const SALT = 'salt'

/** Both tables expire items by this attribute: whole seconds since 1970. */
export const TTL_ATTRIBUTE = 'expiresAt'
/** Index of the sessions that refill still has to read, by the end of their lease. Sparse: finalized sessions leave it. */
export const LIVE_INDEX = 'live'

/** Slots, refill's row, statistics, salts, and the rate limits of addresses. */
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

/** Sessions, and the audit rows of each. */
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
