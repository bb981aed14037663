import type { Limits } from '@warm-pods/core/limits.ts'
import { withMissing } from '@warm-pods/core/planner/plan-slots.ts'
import type { PodView } from '@warm-pods/core/state/cluster-view.ts'
import type { RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { jobsNamedBy } from '@warm-pods/core/state/session.ts'
import { isPathOld, type Slot, type WarmSlot } from '@warm-pods/core/state/slot.ts'
import type { Snapshot } from '@warm-pods/core/state/snapshot.ts'
import { sessionIn, slotIn, type WorkKey } from '@warm-pods/core/state/work.ts'
import { limitConcurrency } from '../lib/limit-concurrency.ts'
import type { Services } from '../services.ts'

/** The warm pods that one pass makes handshakes with. A pool of hundreds is checked over several passes. */
const PATHS_AT_ONCE = 50

/** Jobs that a partial snapshot reads at the same time, with two calls each. */
const JOBS_AT_ONCE = 16

/** A snapshot with what its reader needs besides the plan. */
export interface VersionedSnapshot extends Snapshot {
  readonly refill: RefillRow
  /** When the reading began, ms since 1970. A pod that it shows Ready was Ready after that. */
  readonly readAtMs: number
  /** The resource version of the pods, to wait for changes from. */
  readonly resourceVersion: string
}

/**
 * Reads what refill plans from: slots and sessions strongly consistent, Jobs and pods from the API server. The index of
 * live sessions may lag, so every session that a slot or a Job names is read too. A claim that the index lacks is thus
 * never taken for an orphan. A pod that is about to be handed out gets a handshake
 * through the gateway, and a warm one from time to time. Errors of DynamoDB and Kubernetes pass through.
 * @param sessionIds further sessions, which triggers have named.
 */
export async function takeSnapshot(
  services: Services,
  sessionIds: readonly string[] = [],
): Promise<VersionedSnapshot> {
  const readAtMs = services.now()
  const cluster = await services.cluster()
  const [{ slots, refill }, ids] = await Promise.all([
    services.slots.read(),
    services.sessions.unfinalizedIds(),
  ])
  // Rows first: a Job that a row names is then in the list, if it exists.
  const { jobs, pods, resourceVersion } = await cluster.list()
  const named = [
    ...slots.flatMap((slot) => (slot.state === 'CLAIMED' ? [slot.sessionId] : [])),
    ...jobs.flatMap((job) => (job.sessionId ? [job.sessionId] : [])),
  ]
  const sessions = await services.sessions.getMany([...ids, ...named, ...sessionIds])
  return {
    slots,
    sessions,
    jobs,
    pods: await withPaths(services, { slots, sessions, pods }, true),
    resourceVersion,
    refill,
    readAtMs,
  }
}

/**
 * Reads the slots and sessions that have changed, with their Jobs and pods, in the order of {@link takeSnapshot}. Its cost does not
 * depend on the size of the pool. Errors of DynamoDB and Kubernetes pass through.
 * @param refill the row as it was read before.
 * @param resourceVersion the version of the pods to watch from. Undefined when it must be read, before the pods are.
 */
export async function takePartialSnapshot(
  services: Services,
  keys: readonly WorkKey[],
  refill: RefillRow,
  resourceVersion: string | undefined,
): Promise<VersionedSnapshot> {
  const readAtMs = services.now()
  const cluster = await services.cluster()
  const numbers = keys.flatMap((key) => slotIn(key) ?? [])
  const [rows, named, version] = await Promise.all([
    services.slots.readSome(numbers),
    services.sessions.getMany(keys.flatMap((key) => sessionIn(key) ?? [])),
    resourceVersion ?? cluster.podsVersion(),
  ])
  const { target } = services.limits
  const slots = withMissing(
    rows,
    numbers.filter((number) => number < target),
  ).toSorted((one, other) => one.slot - other.slot)
  const known = new Set(named.map(({ sessionId }) => sessionId))
  const claimants = slots.flatMap((slot) =>
    slot.state === 'CLAIMED' && !known.has(slot.sessionId) ? [slot.sessionId] : [],
  )
  const sessions = [...named, ...(await services.sessions.getMany(claimants))]
  const names = new Set([
    ...slots.flatMap((slot) => (slot.state === 'EMPTY' ? [] : [slot.job])),
    ...sessions.flatMap((session) => jobsNamedBy(session)),
  ])
  const inTurn = limitConcurrency(JOBS_AT_ONCE)
  const seen = await Promise.all([...names].map((name) => inTurn(() => cluster.inspect(name))))
  const pods = seen.flatMap((view) => view.pods)
  return {
    isPartial: true,
    slots,
    sessions,
    jobs: seen.flatMap(({ jobs }) => jobs),
    pods: await withPaths(services, { slots, sessions, pods }, false),
    resourceVersion: version,
    refill,
    readAtMs,
  }
}

/** The pods with their paths. Pods that are about to be handed out need a handshake, and warm ones whose last one is old. */
async function withPaths(
  { limits, now, paths }: Services,
  { pods, sessions, slots }: Pick<Snapshot, 'pods' | 'sessions' | 'slots'>,
  isWhole: boolean,
): Promise<readonly PodView[]> {
  if (!paths) return pods
  const nowMs = now()
  const waiting = [
    ...slots.flatMap((slot) => (slot.state === 'STARTING' ? [slot.job] : [])),
    ...oldestPaths(slots, nowMs, limits),
    ...sessions.flatMap(({ job, state }) => (state === 'starting' || state === 'recovering' ? [job] : [])),
  ]
  return paths.observe(pods, new Set(waiting), { isWhole })
}

/** The Jobs of the warm slots whose handshakes are due, at most {@link PATHS_AT_ONCE} with the oldest ones. */
function oldestPaths(slots: readonly Slot[], nowMs: number, limits: Limits): string[] {
  return slots
    .filter((slot): slot is WarmSlot => slot.state === 'WARM' && isPathOld(slot, nowMs, limits))
    .toSorted((a, b) => (a.reachedAtMs ?? 0) - (b.reachedAtMs ?? 0))
    .slice(0, PATHS_AT_ONCE)
    .map(({ job }) => job)
}
