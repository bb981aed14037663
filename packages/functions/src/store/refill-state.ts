/** One row that says what refill is doing: whose turn it is, how it went, and whether the owner has paused it. */
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import * as v from 'valibot'
import { type DocumentClient, ifCondition } from './client.ts'
import { MAIN, REFILL_ROW } from './pool-keys.ts'

const Time = v.pipe(v.string(), v.isoTimestamp(), v.transform(Date.parse))
const RefillItem = v.object({
  lastRunAt: v.optional(Time),
  failures: v.optional(v.number(), 0),
  problem: v.optional(v.string()),
  pausedUntil: v.optional(Time, '1970-01-01T00:00:00.000Z'),
  live: v.optional(v.number(), 0),
  version: v.optional(v.string()),
  wanted: v.optional(v.number(), 0),
})

/** What the row says; a row that is missing says that refill has never run. */
export type RefillState = v.InferOutput<typeof RefillItem>

export function refillFromItem(item: unknown): RefillState {
  return v.parse(RefillItem, item ?? {})
}

export interface RunReport {
  readonly live: number
  readonly failures: number
  readonly problem: string | undefined
  readonly version: string | undefined
}

export class RefillStore {
  readonly #db: DocumentClient
  readonly #table: string

  constructor(db: DocumentClient, table: string) {
    this.#db = db
    this.#table = table
  }

  /**
   * Takes or renews the watch: one run at a time, until the pool is whole. Whoever finds it taken has still said, by the
   * counter, that there is work; the watcher looks at it all the time and cannot leave without having seen it.
   * @returns the counter to hand to {@link leave}, or undefined when another run has the watch.
   */
  async watch(runner: string, nowMs: number, leaseMs: number): Promise<number | undefined> {
    for (;;) {
      const taken = await ifCondition(
        this.#update({
          UpdateExpression: 'SET runner = :me, runnerUntil = :until',
          ConditionExpression: 'attribute_not_exists(runner) OR runner = :me OR runnerUntil < :now',
          ExpressionAttributeValues: { ':me': runner, ':until': nowMs + leaseMs, ':now': nowMs },
          ReturnValues: 'ALL_NEW',
        }),
      )
      if (taken) return refillFromItem(taken.Attributes).wanted
      // Only to somebody who is there: one who left since the line above would never hear of it.
      const said = await ifCondition(
        this.#update({
          UpdateExpression: 'ADD wanted :one',
          ConditionExpression: 'attribute_exists(runner)',
          ExpressionAttributeValues: { ':one': 1 },
        }),
      )
      if (said) return undefined
    }
  }

  /** The counter as it is now. */
  async wanted(): Promise<number> {
    const { Item } = await this.#db.send(
      new GetCommand({
        TableName: this.#table,
        Key: { pool: MAIN, slot: REFILL_ROW },
        ProjectionExpression: 'wanted',
        ConsistentRead: true,
      }),
    )
    return refillFromItem(Item).wanted
  }

  /** Gives the watch back. @returns false when somebody has asked since `wanted` was read, or the watch was lost. */
  async leave(runner: string, wanted: number | undefined): Promise<boolean> {
    const left = await ifCondition(
      this.#update({
        UpdateExpression: 'REMOVE runner, runnerUntil',
        ConditionExpression:
          wanted === undefined
            ? 'runner = :me'
            : 'runner = :me AND (wanted = :wanted OR attribute_not_exists(wanted))',
        ExpressionAttributeValues: { ':me': runner, ...(wanted === undefined ? {} : { ':wanted': wanted }) },
      }),
    )
    return left !== undefined
  }

  /** Records how a pass went. A pause, which the owner may set at any moment, is not its business. */
  async report(nowMs: number, report: RunReport): Promise<void> {
    const sets = ['lastRunAt = :now', '#live = :live', 'failures = :failures']
    const removes: string[] = []
    const values: Record<string, unknown> = {
      ':now': new Date(nowMs).toISOString(),
      ':live': report.live,
      ':failures': report.failures,
    }
    for (const [name, value] of [
      ['problem', report.problem],
      ['version', report.version],
    ] as const) {
      if (value === undefined) removes.push(name)
      else {
        sets.push(`${name} = :${name}`)
        values[`:${name}`] = value
      }
    }
    await this.#update({
      UpdateExpression: `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`,
      ExpressionAttributeNames: { '#live': 'live' },
      ExpressionAttributeValues: values,
    })
  }

  /** Pauses until `untilMs`, unless a longer pause stands: back-off never shortens the owner's. */
  async backOff(untilMs: number): Promise<void> {
    await ifCondition(
      this.#update({
        UpdateExpression: 'SET pausedUntil = :until',
        ConditionExpression: 'attribute_not_exists(pausedUntil) OR pausedUntil < :until',
        ExpressionAttributeValues: { ':until': new Date(untilMs).toISOString() },
      }),
    )
  }

  /** Says what keeps refill from even looking; the next pass that can look takes it back. */
  async complain(nowMs: number, problem: string): Promise<void> {
    await this.#update({
      UpdateExpression: 'SET problem = :problem, lastRunAt = :now',
      ExpressionAttributeValues: { ':problem': problem, ':now': new Date(nowMs).toISOString() },
    })
  }

  #update(input: Omit<ConstructorParameters<typeof UpdateCommand>[0], 'TableName' | 'Key'>) {
    return this.#db.send(
      new UpdateCommand({ TableName: this.#table, Key: { pool: MAIN, slot: REFILL_ROW }, ...input }),
    )
  }
}
