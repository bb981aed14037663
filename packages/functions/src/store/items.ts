/**
 * Rows as they stand in the tables: readable in the console, so times are ISO 8601 there and milliseconds here.
 * Every row is parsed when it is read: a damaged one names itself instead of becoming somebody's pod.
 */
import {
  EndReasonSchema,
  HealSchema,
  HowToDieSchema,
  PodSchema,
  ProgressSchema,
  ReceiptSchema,
  SourceSchema,
} from '@warm-pods/core/api/contracts.ts'
import type { Kill, OldJob, SessionRow, Slot } from '@warm-pods/core/state/state.ts'
import * as v from 'valibot'

const Time = v.pipe(v.string(), v.isoTimestamp(), v.transform(Date.parse))
const time = (ms: number): string => new Date(ms).toISOString()

const slotBase = {
  slot: v.pipe(v.string(), v.digits(), v.transform(Number)),
  gen: v.number(),
  since: Time,
}
const reserved = { job: v.string(), key: v.string(), spec: v.string() }
const SlotItem = v.variant('state', [
  v.object({ ...slotBase, state: v.literal('EMPTY') }),
  v.object({
    ...slotBase,
    ...reserved,
    state: v.literal('STARTING'),
    progress: v.optional(ProgressSchema),
    problem: v.optional(v.string()),
  }),
  v.object({
    ...slotBase,
    ...reserved,
    state: v.literal('WARM'),
    pod: PodSchema,
    checkedAt: Time,
    startMs: v.optional(v.number()),
  }),
  v.object({
    ...slotBase,
    ...reserved,
    state: v.literal('CLAIMED'),
    pod: PodSchema,
    startMs: v.optional(v.number()),
    sessionId: v.string(),
    epoch: v.number(),
    claimedAt: Time,
    visitor: v.optional(v.string()),
  }),
])

/** @throws Error naming the row when it is damaged. */
export function slotFromItem(item: unknown): Slot {
  const parsed = parseItem(SlotItem, item, 'Pool')
  const { since, ...rest } = parsed
  const base = { ...rest, sinceMs: since }
  if ('checkedAt' in base) {
    const { checkedAt, ...warm } = base
    return clean({ ...warm, checkedAtMs: checkedAt })
  }
  if ('claimedAt' in base) {
    const { claimedAt, ...claimed } = base
    return clean({ ...claimed, claimedAtMs: claimedAt })
  }
  return clean(base)
}

/** The attributes of a slot's row besides its key. */
export function slotAttributes(slot: Slot): Record<string, unknown> {
  const { slot: _number, sinceMs, ...rest } = slot
  const row: Record<string, unknown> = { ...rest, since: time(sinceMs) }
  if (slot.state === 'WARM') {
    delete row.checkedAtMs
    row.checkedAt = time(slot.checkedAtMs)
  }
  if (slot.state === 'CLAIMED') {
    delete row.claimedAtMs
    row.claimedAt = time(slot.claimedAtMs)
  }
  return row
}

const KillItem = v.pipe(
  v.object({
    epoch: v.number(),
    how: HowToDieSchema,
    at: Time,
    podUid: v.optional(v.string()),
    done: v.boolean(),
    diedAt: v.optional(Time),
  }),
  v.transform(({ at, diedAt, ...kill }): Kill => clean({ ...kill, atMs: at, diedAtMs: diedAt })),
)
const SessionItem = v.object({
  sessionId: v.string(),
  version: v.number(),
  state: v.picklist(['starting', 'live', 'recovering', 'ended']),
  epoch: v.number(),
  source: SourceSchema,
  job: v.string(),
  key: v.string(),
  pod: v.optional(PodSchema),
  createdAt: Time,
  epochAt: Time,
  seenAt: Time,
  connectedEpoch: v.number(),
  connectedAt: v.optional(Time),
  replacedAt: v.optional(Time),
  leaseEndsAt: Time,
  endsAt: Time,
  kill: v.optional(KillItem),
  lastKillAt: v.optional(Time),
  leftPodUid: v.optional(v.string()),
  oldJobs: v.array(
    v.pipe(
      v.object({
        job: v.string(),
        epoch: v.number(),
        kill: v.optional(KillItem),
        pod: v.optional(v.object({ name: v.string(), uid: v.string() })),
      }),
      v.transform((old): OldJob => clean(old)),
    ),
  ),
  heals: v.array(HealSchema),
  receipt: ReceiptSchema,
  visitor: v.string(),
  endReason: v.optional(EndReasonSchema),
  endedAt: v.optional(Time),
  live: v.optional(v.string()),
})

/** @throws Error naming the row when it is damaged. */
export function sessionFromItem(item: unknown): SessionRow {
  const { createdAt, epochAt, seenAt, leaseEndsAt, endsAt, live, ...parsed } = parseItem(
    SessionItem,
    item,
    'Sessions',
  )
  const { connectedAt, endedAt, lastKillAt, replacedAt, ...rest } = parsed
  return clean({
    ...rest,
    createdAtMs: createdAt,
    epochAtMs: epochAt,
    seenAtMs: seenAt,
    leaseEndsAtMs: leaseEndsAt,
    endsAtMs: endsAt,
    connectedAtMs: connectedAt,
    replacedAtMs: replacedAt,
    lastKillAtMs: lastKillAt,
    endedAtMs: endedAt,
    settled: live === undefined,
  })
}

export function sessionToItem(row: SessionRow): Record<string, unknown> {
  const {
    createdAtMs,
    epochAtMs,
    seenAtMs,
    leaseEndsAtMs,
    endsAtMs,
    connectedAtMs,
    replacedAtMs,
    lastKillAtMs,
    endedAtMs,
    settled,
    kill,
    oldJobs,
    ...rest
  } = row
  return clean({
    ...rest,
    item: 'session',
    createdAt: time(createdAtMs),
    epochAt: time(epochAtMs),
    seenAt: time(seenAtMs),
    leaseEndsAt: time(leaseEndsAtMs),
    endsAt: time(endsAtMs),
    connectedAt: maybeTime(connectedAtMs),
    replacedAt: maybeTime(replacedAtMs),
    lastKillAt: maybeTime(lastKillAtMs),
    endedAt: maybeTime(endedAtMs),
    live: settled ? undefined : 'yes',
    kill: kill ? killToItem(kill) : undefined,
    oldJobs: oldJobs.map((old) => clean({ ...old, kill: old.kill ? killToItem(old.kill) : undefined })),
  })
}

function killToItem({ atMs, diedAtMs, ...kill }: Kill): Record<string, unknown> {
  return clean({ ...kill, at: time(atMs), diedAt: maybeTime(diedAtMs) })
}

function maybeTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : time(ms)
}

function parseItem<const S extends v.GenericSchema>(
  schema: S,
  item: unknown,
  table: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, item)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new Error(
    `A row of the ${table} table is damaged at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}.`,
  )
}

type Cleaned<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Drops what is undefined: an optional field is absent or has a value, never present without one. */
function clean<T extends object>(object: T): Cleaned<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Cleaned<T>
}
