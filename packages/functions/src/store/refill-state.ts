/** The row that records what refill does: which invocation holds the lease, how it went, and the owner's pause. */
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Gap } from '@warm-pods/core/state/observation.ts'
import type { RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { SIZE_REASONS, type Sizing } from '@warm-pods/core/state/sizing.ts'
import { isWorkKey, type Work, type WorkKey } from '@warm-pods/core/state/work.ts'
import { MAX_CLOCK_SKEW_MS } from '@warm-pods/core/time.ts'
import * as v from 'valibot'
import { RUNTIME, type Runtime } from '../lib/clock.ts'
import { type DocumentClient, ifCondition } from './client.ts'
import { parseItem, TimeAttribute, timeToItem, withoutUndefined } from './item.ts'
import { additionsOf, type Lease, type PassActivity } from './refill-activity.ts'
import { REFILL_KEY } from './tables.ts'

const SizingItem = v.object({
  target: v.number(),
  /** A newer version may have further reasons. */
  reason: v.fallback(v.picklist(SIZE_REASONS), 'arrivals'),
  neededAt: TimeAttribute,
  arrivalsPerMinute: v.number(),
  startMs: v.optional(v.number()),
})
const GapItem = v.object({ from: TimeAttribute, until: TimeAttribute })
const RefillItem = v.object({
  lastRunAt: v.optional(TimeAttribute),
  confirmedAt: v.optional(TimeAttribute),
  confirmRequestedAt: v.optional(v.number()),
  gaps: v.optional(v.array(GapItem), []),
  doubts: v.optional(v.number(), 0),
  doubtsCleared: v.optional(v.number(), 0),
  doubtedAt: v.optional(v.number()),
  failures: v.optional(v.number(), 0),
  problem: v.optional(v.string()),
  pausedUntil: v.optional(TimeAttribute, '1970-01-01T00:00:00.000Z'),
  backOffUntil: v.optional(TimeAttribute),
  live: v.optional(v.number(), 0),
  version: v.optional(v.string()),
  clusterState: v.optional(v.string()),
  wanted: v.optional(v.number(), 0),
  pendingWork: v.optional(v.set(v.string())),
  atRest: v.optional(v.boolean(), false),
  slotCount: v.optional(v.number()),
  sizing: v.optional(SizingItem),
})

/**
 * Refill's row from its item. A missing item means that refill has never run.
 * @throws Error with the field when the item is damaged.
 */
export function refillFromItem(item: unknown): RefillRow {
  const {
    atRest: _atRest,
    backOffUntil,
    lastRunAt,
    confirmedAt,
    confirmRequestedAt,
    doubtedAt,
    gaps,
    pausedUntil,
    pendingWork: _pendingWork,
    sizing,
    wanted,
    ...rest
  } = parseItem(RefillItem, item ?? {}, 'Pool')
  return withoutUndefined({
    ...rest,
    lastRunAtMs: lastRunAt,
    confirmedAtMs: confirmedAt,
    confirmRequestedAtMs: confirmRequestedAt,
    doubtedAtMs: doubtedAt,
    gaps: gaps.map(({ from, until }) => ({ fromMs: from, untilMs: until })),
    pausedUntilMs: pausedUntil,
    backOffUntilMs: backOffUntil,
    pendingTriggers: wanted,
    sizing: sizing && sizingFromItem(sizing),
  })
}

function sizingFromItem({ neededAt, ...sizing }: v.InferOutput<typeof SizingItem>): Sizing {
  return withoutUndefined({ ...sizing, neededAtMs: neededAt })
}

/** What a pass over every row has found out. */
interface WholePass {
  /** When the pass asked Kubernetes for the Jobs and pods, ms since 1970. */
  readonly confirmedAtMs: number
  readonly gaps: RefillRow['gaps']
  /** The count of doubts that the pass has cleared: as it was read before Kubernetes was asked. */
  readonly doubtsCleared: number
  readonly live: number
}

/** What a pass reports. An undefined field removes its attribute. */
export interface PassReport {
  /** Undefined for a pass that has read only the rows that changed. The attributes then stay as they are. */
  readonly whole: WholePass | undefined
  readonly failures: number
  readonly problem: string | undefined
  readonly version: string | undefined
  /** Status of the EKS cluster when it is not ACTIVE. */
  readonly clusterState?: string | undefined
  readonly activity: PassActivity
}

function gapToItem({ fromMs, untilMs }: Gap): Record<string, string> {
  return { from: timeToItem(fromMs), until: timeToItem(untilMs) }
}

/** The lease as its holder has acquired or renewed it. */
export interface HeldLease extends Lease {
  /** The row as it was before. */
  readonly row: RefillRow
  /** The work that triggers have named while the lease was held. The holder passes it to the next renewal, which removes it. */
  readonly work: readonly PendingWork[]
  /** True when the last holder left the pool at rest. False after a crash, an error or the end of its time. */
  readonly wasAtRest: boolean
}

/** Work of one trigger. `entry`: its text in the row, which no other trigger writes. */
export interface PendingWork {
  readonly entry: string
  readonly key: WorkKey | 'all'
}

/** The entries of one trigger. They differ from those of every other trigger, so that removing them removes no later one. */
function entriesOf(work: Work, trigger: string): Set<string> {
  const keys = work === 'all' ? ['all'] : work
  return new Set(keys.map((key) => `${key}#${trigger}`))
}

/** An entry that this release does not know stands for all rows. */
function pendingFromEntry(entry: string): PendingWork {
  const key = entry.slice(0, entry.lastIndexOf('#'))
  return { entry, key: isWorkKey(key) ? key : 'all' }
}

/** The size of the pool as an attribute. */
function sizingToItem({ neededAtMs, ...sizing }: Sizing): Record<string, unknown> {
  return { ...sizing, neededAt: timeToItem(neededAtMs) }
}

/** What an invocation that asks for the lease knows. */
interface LeaseRequest {
  /** When this invocation asked for the lease first, ms since 1970; by default now. */
  readonly firstAskedMs?: number
  /** The rows that its trigger names; by default all. */
  readonly work?: Work
  /** The work of earlier renewals that it has in memory. It is removed from the row. */
  readonly taken?: readonly PendingWork[]
}

function leaseFromItem(
  item: Record<string, unknown> | undefined,
  holder: string,
  taken: readonly PendingWork[],
): HeldLease {
  const { atRest, pendingWork = new Set<string>() } = parseItem(RefillItem, item ?? {}, 'Pool')
  const row = refillFromItem(item)
  const known = new Set(taken.map(({ entry }) => entry))
  const work = [...pendingWork]
    .filter((entry) => !known.has(entry))
    .toSorted()
    .map(pendingFromEntry)
  const outcome = leaseOutcome(item?.runner, holder)
  return { outcome, triggers: row.pendingTriggers, row, work, wasAtRest: atRest }
}

/** After this many lost races in a row, about half a second, refill fails. Lambda retries its event. */
const LOST_RACES = 8

/** Other invocations took and released the lease between the two writes, again and again. */
export class LeaseContended extends Error {
  override name = 'LeaseContended'

  constructor() {
    super('Other invocations of refill took and released the lease at every try.')
  }
}

/**
 * Refill's row. The attributes keep their older names: `runner` is the lease's holder, `wanted` counts pending triggers.
 * Errors of DynamoDB pass through, except a condition that does not hold.
 */
export class RefillStore {
  readonly #db: DocumentClient
  readonly #table: string
  readonly #pace: Pick<Runtime, 'random' | 'sleep'>

  constructor(db: DocumentClient, table: string, pace: Pick<Runtime, 'random' | 'sleep'> = RUNTIME) {
    this.#db = db
    this.#table = table
    this.#pace = pace
  }

  /**
   * Acquires or renews the lease. When another invocation holds it, this one counts a pending trigger instead, and adds its work to the
   * row. The holder polls that count. A lease that ends later than a right clock can have set is free.
   * @param nowMs wall clock, ms since 1970. The lease ends `leaseMs` later unless it is renewed.
   * @returns undefined when another invocation holds the lease.
   * @throws LeaseContended.
   */
  async acquireLease(
    holder: string,
    nowMs: number,
    leaseMs: number,
    { firstAskedMs = nowMs, taken = [], work = 'all' }: LeaseRequest = {},
  ): Promise<HeldLease | undefined> {
    for (let lost = 0; ; lost++) {
      const acquired = await ifCondition(
        this.#update({
          // Only a holder that leaves the pool at rest says so. A crash leaves the attribute removed.
          UpdateExpression: `SET runner = :me, runnerUntil = :until, runnerSince = :since REMOVE atRest${taken.length > 0 ? ' DELETE pendingWork :taken' : ''}`,
          ConditionExpression:
            'attribute_not_exists(runner) OR runner = :me OR runnerUntil < :now OR runnerUntil > :implausible',
          ExpressionAttributeValues: {
            ':me': holder,
            ':until': nowMs + leaseMs,
            ':since': firstAskedMs,
            ':now': nowMs,
            ':implausible': nowMs + leaseMs + MAX_CLOCK_SKEW_MS,
            ...(taken.length > 0 ? { ':taken': new Set(taken.map(({ entry }) => entry)) } : {}),
          },
          // The former holder shows how the lease was acquired. This write leaves the count of triggers alone.
          ReturnValues: 'ALL_OLD',
        }),
      )
      if (acquired) return leaseFromItem(acquired.Attributes, holder, taken)
      // Count only while there is a holder. If it released the lease in between, try to acquire it again.
      const counted = await ifCondition(
        this.#update({
          UpdateExpression: 'ADD wanted :one, pendingWork :work',
          ConditionExpression: 'attribute_exists(runner)',
          ExpressionAttributeValues: { ':one': 1, ':work': entriesOf(work, holder) },
        }),
      )
      if (counted) return undefined
      if (lost === LOST_RACES) throw new LeaseContended()
      await this.#pace.sleep(2 ** lost * (1 + this.#pace.random()))
    }
  }

  /** The count of pending triggers, strongly consistent. */
  async pendingTriggers(): Promise<number> {
    const { Item } = await this.#db.send(
      new GetCommand({
        TableName: this.#table,
        Key: REFILL_KEY,
        ProjectionExpression: 'wanted',
        ConsistentRead: true,
      }),
    )
    return refillFromItem(Item).pendingTriggers
  }

  /**
   * Releases the lease.
   * @param triggers the count that {@link acquireLease} returned; undefined: release the lease at any count. Then the next invocation
   *   compares every row.
   * @param isAtRest whether every row that this holder knows is as it shall be. Then the next invocation reads only what its trigger
   *   names.
   * @returns false when a call has triggered refill since, or the holder has lost the lease.
   */
  async releaseLease(holder: string, triggers: number | undefined, isAtRest = false): Promise<boolean> {
    const released = await ifCondition(
      this.#update({
        // At an unchanged count, all work in the row was taken. At any count, the next invocation does it.
        UpdateExpression:
          triggers === undefined
            ? 'REMOVE runner, runnerUntil, runnerSince'
            : `${isAtRest ? 'SET atRest = :yes ' : ''}REMOVE runner, runnerUntil, runnerSince, pendingWork`,
        ConditionExpression:
          triggers === undefined
            ? 'runner = :me'
            : 'runner = :me AND (wanted = :wanted OR attribute_not_exists(wanted))',
        ExpressionAttributeValues: {
          ':me': holder,
          ...(triggers === undefined ? {} : { ':wanted': triggers }),
          ...(triggers !== undefined && isAtRest ? { ':yes': true } : {}),
        },
      }),
    )
    return released !== undefined
  }

  /** Records how a pass went. It leaves the pause alone, which the owner may set at any moment. */
  async report(nowMs: number, report: PassReport): Promise<void> {
    const { whole } = report
    const sets = ['lastRunAt = :now', 'failures = :failures']
    const removes: string[] = []
    const values: Record<string, unknown> = { ':now': timeToItem(nowMs), ':failures': report.failures }
    if (whole) {
      sets.push('confirmedAt = :confirmed', 'gaps = :gaps', 'doubtsCleared = :cleared', '#live = :live')
      values[':confirmed'] = timeToItem(whole.confirmedAtMs)
      values[':gaps'] = whole.gaps.map(gapToItem)
      values[':cleared'] = whole.doubtsCleared
      values[':live'] = whole.live
    }
    for (const [name, value] of [
      ['problem', report.problem],
      ['version', report.version],
      ['clusterState', report.clusterState],
    ] as const) {
      if (value === undefined) removes.push(name)
      else {
        sets.push(`${name} = :${name}`)
        values[`:${name}`] = value
      }
    }
    const adding = addClause(report.activity)
    await this.#update({
      UpdateExpression: `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''} ${adding.clause}`,
      ExpressionAttributeNames: { ...(whole ? { '#live': 'live' } : {}), ...adding.names },
      ExpressionAttributeValues: { ...values, ...adding.values },
    })
  }

  /**
   * Reports a doubt: pods of warm slots may be gone. Until a pass that begins later has compared the slots with Kubernetes,
   * claims ask Kubernetes themselves. A session that got its pod before the doubt asks Kubernetes in any case.
   * @param nowMs wall clock, ms since 1970.
   */
  async reportDoubt(nowMs: number): Promise<void> {
    await this.#update({
      UpdateExpression: 'SET doubtedAt = :now ADD doubts :one',
      ExpressionAttributeValues: { ':one': 1, ':now': nowMs },
    })
  }

  /** When the last doubt was reported, ms since 1970; 0 when none was. Strongly consistent. */
  async doubtedAtMs(): Promise<number> {
    const { Item } = await this.#db.send(
      new GetCommand({
        TableName: this.#table,
        Key: REFILL_KEY,
        ProjectionExpression: 'doubtedAt',
        ConsistentRead: true,
      }),
    )
    return refillFromItem(Item).doubtedAtMs ?? 0
  }

  /**
   * Records that a reader of the pool is about to trigger refill.
   * @param nowMs wall clock, ms since 1970.
   * @returns false when a reader has triggered it within the last `everyMs`. A record of the future counts as none.
   */
  async requestConfirmation(nowMs: number, everyMs: number): Promise<boolean> {
    const recorded = await ifCondition(
      this.#update({
        UpdateExpression: 'SET confirmRequestedAt = :now',
        ConditionExpression:
          'attribute_not_exists(confirmRequestedAt) OR confirmRequestedAt < :before OR confirmRequestedAt > :now',
        ExpressionAttributeValues: { ':now': nowMs, ':before': nowMs - everyMs },
      }),
    )
    return recorded !== undefined
  }

  /** Records that the slots below `count` may hold Jobs. The number never falls, so that a reader can rely on it. */
  async raiseSlotCount(count: number): Promise<void> {
    await ifCondition(
      this.#update({
        UpdateExpression: 'SET slotCount = :count',
        ConditionExpression: 'attribute_not_exists(slotCount) OR slotCount < :count',
        ExpressionAttributeValues: { ':count': count },
      }),
    )
  }

  /** Records the size of the pool. */
  async resize(sizing: Sizing): Promise<void> {
    await this.#update({
      UpdateExpression: 'SET sizing = :sizing',
      ExpressionAttributeValues: { ':sizing': sizingToItem(sizing) },
    })
  }

  /** Backs off until `untilMs`, ms since 1970. It leaves the owner's pause alone. */
  async backOff(untilMs: number): Promise<void> {
    await this.#update({
      UpdateExpression: 'SET backOffUntil = :until',
      ExpressionAttributeValues: { ':until': timeToItem(untilMs) },
    })
  }

  /** Records why refill could not read. The next pass that can read clears it. */
  async recordError(
    nowMs: number,
    problem: string,
    activity: PassActivity,
    clusterState?: string,
  ): Promise<void> {
    const set = 'SET problem = :problem, lastRunAt = :now'
    const adding = addClause(activity)
    await this.#update({
      UpdateExpression: `${clusterState === undefined ? `${set} REMOVE clusterState` : `${set}, clusterState = :state`} ${adding.clause}`,
      ExpressionAttributeNames: adding.names,
      ExpressionAttributeValues: {
        ':problem': problem,
        ':now': timeToItem(nowMs),
        ...(clusterState === undefined ? {} : { ':state': clusterState }),
        ...adding.values,
      },
    })
  }

  #update(input: Omit<ConstructorParameters<typeof UpdateCommand>[0], 'TableName' | 'Key'>) {
    return this.#db.send(new UpdateCommand({ TableName: this.#table, Key: REFILL_KEY, ...input }))
  }
}

/** Returns how `holder` got the lease. @param former the holder before. */
function leaseOutcome(former: unknown, holder: string): Lease['outcome'] {
  if (former === undefined) return 'acquired'
  return former === holder ? 'renewed' : 'taken_over'
}

/** The counts of a pass as the ADD clause of an update. */
function addClause(activity: PassActivity) {
  const additions = [...additionsOf(activity)]
  return {
    clause: `ADD ${additions.map((_, index) => `#a${index} :a${index}`).join(', ')}`,
    names: Object.fromEntries(additions.map(([name], index) => [`#a${index}`, name])),
    values: Object.fromEntries(additions.map(([, amount], index) => [`:a${index}`, amount])),
  }
}
