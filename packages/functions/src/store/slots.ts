/** The slots of the pool. Every write is conditional on the state and generation that the caller read. */
import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { type ClaimedSlot, isUninitialized, type Slot, type WarmSlot } from '@warm-pods/core/state/slot.ts'
import { type DocumentClient, ifCondition } from './client.ts'
import { timeToItem } from './item.ts'
import { refillFromItem } from './refill-state.ts'
import { slotAttributes, slotFromItem } from './slot-item.ts'
import { MAIN, REFILL_ROW } from './tables.ts'

/** The rows of the pool's slots. Errors of DynamoDB pass through, except a condition that does not hold. */
export class SlotStore {
  readonly #db: DocumentClient
  readonly #table: string

  constructor(db: DocumentClient, table: string) {
    this.#db = db
    this.#table = table
  }

  /**
   * The whole pool in one read. Its cost does not depend on the number of live sessions.
   * @param consistent false for a reader that only shows the rows: it may see them as they were a moment ago, at half the price.
   */
  async read(consistent = true): Promise<{ slots: Slot[]; refill: RefillRow }> {
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        ConsistentRead: consistent,
        KeyConditionExpression: '#pool = :main',
        ExpressionAttributeNames: { '#pool': 'pool' },
        ExpressionAttributeValues: { ':main': MAIN },
      }),
    )
    const refill = Items.find((item) => item.slot === REFILL_ROW)
    return {
      slots: Items.filter((item) => item.slot !== REFILL_ROW).map(slotFromItem),
      refill: refillFromItem(refill),
    }
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
          Key: { pool: MAIN, slot: String(to.slot) },
          UpdateExpression:
            'SET #state = :claimed, #since = :since, claimedAt = :at, sessionId = :session, epoch = :epoch, visitor = :visitor REMOVE checkedAt',
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
          Item: { pool: MAIN, slot: String(to.slot), ...slotAttributes(to) },
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
   * Checks by a conditional write that a slot's row does not name this Job. A plain read could miss a write under way.
   * @returns false when the row names the Job, or does not exist.
   */
  async assertNotReferenced(slot: number, job: string): Promise<boolean> {
    const written = await ifCondition(
      this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { pool: MAIN, slot: String(slot) },
          UpdateExpression: 'SET lastSwept = :job',
          ConditionExpression: 'attribute_exists(gen) AND (attribute_not_exists(job) OR job <> :job)',
          ExpressionAttributeValues: { ':job': job },
        }),
      ),
    )
    return written !== undefined
  }

  /** One slot, strongly consistent; undefined when its row was never written. */
  async readOne(slot: number): Promise<Slot | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({
        TableName: this.#table,
        Key: { pool: MAIN, slot: String(slot) },
        ConsistentRead: true,
      }),
    )
    return Item ? slotFromItem(Item) : undefined
  }
}
