/** The slots of the pool. Every write is conditional on the state and generation that were seen. */
import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Slot, WarmSlot } from '@warm-pods/core/state/state.ts'
import { type DocumentClient, ifCondition } from './client.ts'
import { slotAttributes, slotFromItem } from './items.ts'
import { MAIN, REFILL_ROW } from './pool-keys.ts'
import { type RefillState, refillFromItem } from './refill-state.ts'

export class SlotStore {
  readonly #db: DocumentClient
  readonly #table: string

  constructor(db: DocumentClient, table: string) {
    this.#db = db
    this.#table = table
  }

  /** The whole pool in one strongly consistent read: it costs the same with 4 live sessions and with 10,000. */
  async read(): Promise<{ slots: Slot[]; refill: RefillState }> {
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        ConsistentRead: true,
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

  /** The one write on the way of a warm claim. @returns false when somebody else was first. */
  async claim(
    slot: WarmSlot,
    by: { sessionId: string; epoch: number; atMs: number; visitor?: string },
  ): Promise<boolean> {
    const at = new Date(by.atMs).toISOString()
    const written = await ifCondition(
      this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { pool: MAIN, slot: String(slot.slot) },
          UpdateExpression:
            'SET #state = :claimed, #since = :at, claimedAt = :at, sessionId = :session, epoch = :epoch, visitor = :visitor REMOVE checkedAt',
          ConditionExpression: '#state = :warm AND gen = :gen',
          ExpressionAttributeNames: { '#state': 'state', '#since': 'since' },
          ExpressionAttributeValues: {
            ':claimed': 'CLAIMED',
            ':warm': 'WARM',
            ':at': at,
            ':gen': slot.gen,
            ':session': by.sessionId,
            ':epoch': by.epoch,
            ':visitor': by.visitor ?? '',
          },
        }),
      ),
    )
    return written !== undefined
  }

  /** Replaces the row `from` by `to`, if it still is in the state and generation that were seen. */
  async move(from: Slot, to: Slot): Promise<boolean> {
    const unborn = from.state === 'EMPTY' && from.sinceMs === 0
    const written = await ifCondition(
      this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { pool: MAIN, slot: String(to.slot), ...slotAttributes(to) },
          ConditionExpression: unborn ? 'attribute_not_exists(gen)' : '#state = :state AND gen = :gen',
          ...(unborn
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
   * Makes sure, at the moment of asking, that a slot's row does not name a Job, and leaves a mark that it was asked.
   * @returns false when the row names it after all.
   */
  async disown(slot: number, job: string): Promise<boolean> {
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

  /** One slot, strongly consistent. */
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
