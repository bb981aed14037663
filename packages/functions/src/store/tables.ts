/** The two tables and their keys. The dev server, the tests and the infrastructure create the tables from here. */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'

/** Partition of the Pool table with refill's row and the first {@link PARTITION_SLOTS} slots. */
export const MAIN = 'main'
/**
 * Slots of one partition. DynamoDB bounds a partition at 1,000 writes a second. A slot is written about ten times from one claim
 * to the next, which lie at least a pod's start apart.
 */
export const PARTITION_SLOTS = 64
/** Sort key of refill's row in the partition {@link MAIN}. */
export const REFILL_ROW = 'refill'
/** Key of refill's row in the Pool table. */
export const REFILL_KEY = { pool: MAIN, slot: REFILL_ROW } as const
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

/** The key of a slot's row. A `former` row of an earlier release is always in {@link MAIN} (ADR 35). */
export function slotKey({ former, slot }: { readonly slot: number; readonly former?: true }): {
  readonly pool: string
  readonly slot: string
} {
  return { pool: former ? MAIN : partitionName(Math.floor(slot / PARTITION_SLOTS)), slot: String(slot) }
}

/** The name of a partition of slots, from 0 on. */
export function partitionName(index: number): string {
  return index === 0 ? MAIN : `${MAIN}#${index}`
}

/** How many partitions the first `slots` slots have. */
export function partitionsOf(slots: number): number {
  return Math.max(1, Math.ceil(slots / PARTITION_SLOTS))
}

/** Returns the name of a deployed stage's table. */
export function stageTable(stage: string, table: 'pool' | 'sessions'): string {
  return `warm-pods-${stage}-${table}`
}

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
