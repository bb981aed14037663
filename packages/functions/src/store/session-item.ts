/**
 * A session as an item of the Sessions table, and back. Some attributes keep names that the code no longer uses: `oldJobs`
 * is previousJobs, `leftPodUid` is previousPodUid, and a kill's `done` is part of its state. An ended session has an empty
 * `key`, because the version before requires the attribute. During a rolling deploy, both versions can read each other's
 * items.
 */
import {
  EndReasonSchema,
  HealSchema,
  HowToDieSchema,
  PodSchema,
  ReceiptSchema,
  SourceSchema,
} from '@warm-pods/core/api/contracts.ts'
import type { Kill } from '@warm-pods/core/state/kill-state.ts'
import type { PreviousJob, SessionRow } from '@warm-pods/core/state/session.ts'
import * as v from 'valibot'
import { parseItem, TimeAttribute, timeToItem, withoutUndefined } from './item.ts'

const KillItem = v.pipe(
  v.object({
    epoch: v.number(),
    how: HowToDieSchema,
    at: TimeAttribute,
    podUid: v.optional(v.string()),
    done: v.boolean(),
    diedAt: v.optional(TimeAttribute),
  }),
  v.check(({ done, podUid }) => !done || podUid !== undefined, 'A kill that is done names its pod'),
  v.transform(({ at, diedAt, done, podUid, epoch, how }): Kill => {
    const base = { epoch, how, atMs: at }
    if (podUid === undefined) return { ...base, state: 'requested' }
    if (!done) return { ...base, state: 'sent', podUid }
    return withoutUndefined({ ...base, state: 'done' as const, podUid, diedAtMs: diedAt })
  }),
)

const SessionAttributes = v.object({
  sessionId: v.string(),
  version: v.number(),
  state: v.picklist(['starting', 'live', 'recovering', 'ended']),
  epoch: v.number(),
  source: SourceSchema,
  job: v.string(),
  key: v.optional(v.string(), ''),
  pod: v.optional(PodSchema),
  createdAt: TimeAttribute,
  epochAt: TimeAttribute,
  seenAt: TimeAttribute,
  connectedEpoch: v.number(),
  connectedAt: v.optional(TimeAttribute),
  replacedAt: v.optional(TimeAttribute),
  leaseEndsAt: TimeAttribute,
  endsAt: TimeAttribute,
  kill: v.optional(KillItem),
  lastKillAt: v.optional(TimeAttribute),
  leftPodUid: v.optional(v.string()),
  oldJobs: v.array(
    v.pipe(
      v.object({
        job: v.string(),
        epoch: v.number(),
        kill: v.optional(KillItem),
        pod: v.optional(v.object({ name: v.string(), uid: v.string() })),
      }),
      v.transform((previous): PreviousJob => withoutUndefined(previous)),
    ),
  ),
  heals: v.array(HealSchema),
  receipt: ReceiptSchema,
  visitor: v.string(),
  requestId: v.optional(v.string()),
  endReason: v.optional(EndReasonSchema),
  endedAt: v.optional(TimeAttribute),
  live: v.optional(v.string()),
})

const SessionItem = v.pipe(
  SessionAttributes,
  v.forward(
    v.partialCheck(
      [['state'], ['key']],
      ({ state, key }) => state === 'ended' || key !== '',
      'Only an ended session has no key',
    ),
    ['key'],
  ),
)

/** @throws Error with the field when the item is damaged. */
export function sessionFromItem(item: unknown): SessionRow {
  const { createdAt, epochAt, seenAt, leaseEndsAt, endsAt, leftPodUid, live, oldJobs, ...parsed } = parseItem(
    SessionItem,
    item,
    'Sessions',
  )
  const { connectedAt, endedAt, lastKillAt, replacedAt, ...rest } = parsed
  return withoutUndefined({
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
    previousPodUid: leftPodUid,
    previousJobs: oldJobs,
    finalized: live === undefined,
  })
}

/** A session's item, with its key. `live` puts it into the index of sessions that refill still has to read. */
export function sessionToItem(row: SessionRow): Record<string, unknown> {
  const { createdAtMs, epochAtMs, seenAtMs, leaseEndsAtMs, endsAtMs, ...others } = row
  const { connectedAtMs, replacedAtMs, lastKillAtMs, endedAtMs, ...attributes } = others
  const { finalized, kill, previousJobs, previousPodUid, ...rest } = attributes
  return withoutUndefined({
    ...rest,
    item: 'session',
    createdAt: timeToItem(createdAtMs),
    epochAt: timeToItem(epochAtMs),
    seenAt: timeToItem(seenAtMs),
    leaseEndsAt: timeToItem(leaseEndsAtMs),
    endsAt: timeToItem(endsAtMs),
    connectedAt: timeToItem(connectedAtMs),
    replacedAt: timeToItem(replacedAtMs),
    lastKillAt: timeToItem(lastKillAtMs),
    endedAt: timeToItem(endedAtMs),
    live: finalized ? undefined : 'yes',
    kill: kill && killToItem(kill),
    leftPodUid: previousPodUid,
    oldJobs: previousJobs.map((previous) =>
      withoutUndefined({ ...previous, kill: previous.kill && killToItem(previous.kill) }),
    ),
  })
}

function killToItem(kill: Kill): Record<string, unknown> {
  const { epoch, how } = kill
  return withoutUndefined({
    epoch,
    how,
    at: timeToItem(kill.atMs),
    podUid: kill.state === 'requested' ? undefined : kill.podUid,
    done: kill.state === 'done',
    diedAt: kill.state === 'done' ? timeToItem(kill.diedAtMs) : undefined,
  })
}
