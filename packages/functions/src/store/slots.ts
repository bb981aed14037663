/** The slots of the pool. Every write is conditional on the state and generation that the caller read. */
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { type ClaimedSlot, isUninitialized, type Slot, type WarmSlot } from '@warm-pods/core/state/slot.ts'
import { RUNTIME, type Runtime } from '../lib/clock.ts'
import { limitConcurrency } from '../lib/limit-concurrency.ts'
import { batchGet } from './batch-get.ts'
import { type DocumentClient, ifCondition, queryAll } from './client.ts'
import { timeToItem } from './item.ts'
import { refillFromItem } from './refill-state.ts'
import { slotAttributes, slotFromItem } from './slot-item.ts'
import { MAIN, partitionName, partitionsOf, REFILL_ROW, slotKey } from './tables.ts'

/** More queries at once would only wait for a connection. */
const QUERIES_AT_ONCE = 16
const WARM_ONLY = {
  expression: '#state = :warm',
  names: { '#state': 'state' },
  values: { ':warm': 'WARM' },
} as const

/** Rows of the pool as one request has read them. */
export interface PoolRead {
  readonly slots: readonly Slot[]
  readonly refill: RefillRow
  /** True when every slot that may hold a Job was read. */
  readonly isWhole: boolean
}

/** The rows of the pool's slots. Errors of DynamoDB pass through, except a condition that does not hold. */
export class SlotStore {
  readonly #db: DocumentClient
  readonly #table: string
  readonly #pace: Pick<Runtime, 'random' | 'sleep'>

  constructor(db: DocumentClient, table: string, pace: Pick<Runtime, 'random' | 'sleep'> = RUNTIME) {
    this.#db = db
    this.#table = table
    this.#pace = pace
  }

  /**
   * The whole pool, with one query for each partition. Its cost does not depend on the number of live sessions.
   * @param consistent false for a reader that only shows the rows: it may see them as they were a moment ago, at half the price.
   */
  async read(consistent = true): Promise<PoolRead> {
    const items = await this.#query(0, consistent)
    const refill = refillFromItem(items.find((item) => item.slot === REFILL_ROW))
    const more = await this.#queryAll(partitionsFrom(1, refill.slotCount ?? 0), consistent)
    const slots = [...items.filter((item) => item.slot !== REFILL_ROW), ...more].map(slotFromItem)
    return { slots, refill, isWhole: true }
  }

  /**
   * The rows of these slots, strongly consistent, and the former row of each number whose own row does not exist. Slots without a row
   * are left out.
   * @throws ProvisionedThroughputExceededException when DynamoDB leaves keys unprocessed again and again.
   */
  async readSome(numbers: readonly number[]): Promise<Slot[]> {
    const rows = await this.#readKeys(numbers.map((slot) => slotKey({ slot })))
    const found = new Set(rows.map(({ slot }) => slot))
    const missing = numbers.filter((slot) => !found.has(slot) && slotKey({ slot }).pool !== MAIN)
    const former = await this.#readKeys(missing.map((slot) => slotKey({ slot, former: true })))
    return [...rows, ...former]
  }

  async #readKeys(keys: readonly ReturnType<typeof slotKey>[]): Promise<Slot[]> {
    const found = await batchGet(
      this.#db,
      keys.map((key) => ({ table: this.#table, key })),
      this.#pace,
    )
    return (found.get(this.#table) ?? []).map(slotFromItem)
  }

  /** The warm slots of these partitions, strongly consistent. Each slot is read at a moment of its own. */
  async readWarm(partitions: readonly number[]): Promise<Slot[]> {
    return (await this.#queryAll(partitions, true, WARM_ONLY)).map(slotFromItem)
  }

  async #queryAll(
    partitions: readonly number[],
    consistent: boolean,
    filter?: typeof WARM_ONLY,
  ): Promise<Record<string, unknown>[]> {
    const inTurn = limitConcurrency(QUERIES_AT_ONCE)
    const found = await Promise.all(
      partitions.map((index) => inTurn(() => this.#query(index, consistent, filter))),
    )
    return found.flat()
  }

  #query(
    partition: number,
    consistent: boolean,
    filter?: typeof WARM_ONLY,
  ): Promise<Record<string, unknown>[]> {
    return queryAll(this.#db, {
      TableName: this.#table,
      ConsistentRead: consistent,
      KeyConditionExpression: '#pool = :pool',
      ExpressionAttributeNames: { '#pool': 'pool', ...filter?.names },
      ExpressionAttributeValues: { ':pool': partitionName(partition), ...filter?.values },
      ...(filter ? { FilterExpression: filter.expression } : {}),
    })
  }

  /**
   * Replaces a warm slot by its claim: the one write that decides a warm claim.
   * @returns false when another claim came first.
   */
  async claim(from: WarmSlot, to: ClaimedSlot): Promise<boolean> {
    const written = await ifCondition(
      this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: slotKey(from),
          UpdateExpression:
            'SET #state = :claimed, #since = :since, claimedAt = :at, sessionId = :session, epoch = :epoch, visitor = :visitor, requestId = :request REMOVE checkedAt, reachedAt',
          ConditionExpression: '#state = :warm AND gen = :gen',
          ExpressionAttributeNames: { '#state': 'state', '#since': 'since' },
          ExpressionAttributeValues: {
            ':claimed': to.state,
            ':warm': from.state,
            ':since': timeToItem(to.sinceMs),
            ':at': timeToItem(to.claimedAtMs),
            ':gen': from.gen,
            ':session': to.sessionId,
            ':epoch': to.epoch,
            ':visitor': to.visitor ?? '',
            ':request': to.requestId ?? '',
          },
        }),
      ),
    )
    return written !== undefined
  }

  /**
   * Replaces the row `from` by `to`.
   * @returns false when the row has another state or generation than `from`.
   */
  async move(from: Slot, to: Slot): Promise<boolean> {
    const isFirst = isUninitialized(from)
    const written = await ifCondition(
      this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...slotKey(from), ...slotAttributes(to) },
          ConditionExpression: isFirst ? 'attribute_not_exists(gen)' : '#state = :state AND gen = :gen',
          ...(isFirst
            ? {}
            : {
                ExpressionAttributeNames: { '#state': 'state' },
                ExpressionAttributeValues: { ':state': from.state, ':gen': from.gen },
              }),
        }),
      ),
    )
    return written !== undefined
  }

  /**
   * Checks by a conditional write that a slot's row does not name this Job. A plain read could miss a write under way. A slot may have
   * a second row of an earlier release.
   * @returns false when a row names the Job.
   */
  async assertNotReferenced(slot: number, job: string): Promise<boolean> {
    const isBeyondMain = slotKey({ slot }).pool !== MAIN
    const keys = [slotKey({ slot }), ...(isBeyondMain ? [slotKey({ slot, former: true })] : [])]
    const checked = await Promise.all(keys.map((key) => this.#assertNotReferenced(key, job)))
    return checked.every(Boolean)
  }

  /** @returns false when the row names the Job. A row that does not exist names none. */
  async #assertNotReferenced(key: ReturnType<typeof slotKey>, job: string): Promise<boolean> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: key, ConsistentRead: true }),
    )
    if (!Item) return true
    const written = await ifCondition(
      this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: key,
          UpdateExpression: 'SET lastSwept = :job',
          ConditionExpression: 'attribute_exists(gen) AND (attribute_not_exists(job) OR job <> :job)',
          ExpressionAttributeValues: { ':job': job },
        }),
      ),
    )
    return written !== undefined
  }
}

/** The numbers of the partitions of the first `slots` slots, from `first` on. */
function partitionsFrom(first: number, slots: number): number[] {
  return Array.from({ length: Math.max(0, partitionsOf(slots) - first) }, (_, index) => first + index)
}

/** The numbers of all partitions of the first `slots` slots. */
export function allPartitions(slots: number): number[] {
  return partitionsFrom(0, slots)
}
