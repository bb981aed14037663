import type { Limits } from '@warm-pods/core/limits.ts'
import type { PodView } from '@warm-pods/core/state/cluster-view.ts'
import type { RefillRow } from '@warm-pods/core/state/refill-row.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { isPathOld, type Slot, type WarmSlot } from '@warm-pods/core/state/slot.ts'
import type { Snapshot } from '@warm-pods/core/state/snapshot.ts'
import type { Services } from '../services.ts'

/** The warm pods that one pass makes handshakes with. A pool of hundreds is checked over several passes. */
const PATHS_AT_ONCE = 50

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
 */
export async function takeSnapshot(services: Services): Promise<VersionedSnapshot> {
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
  const sessions = await services.sessions.getMany([...ids, ...named])
  return {
    slots,
    sessions,
    jobs,
    pods: await withPaths(services, slots, sessions, pods),
    resourceVersion,
    refill,
    readAtMs,
  }
}

/** The pods with their paths. Pods that are about to be handed out need a handshake, and warm ones whose last one is old. */
async function withPaths(
  { limits, now, paths }: Services,
  slots: readonly Slot[],
  sessions: readonly SessionRow[],
  pods: readonly PodView[],
): Promise<readonly PodView[]> {
  if (!paths) return pods
  const nowMs = now()
  const waiting = [
    ...slots.flatMap((slot) => (slot.state === 'STARTING' ? [slot.job] : [])),
    ...oldestPaths(slots, nowMs, limits),
    ...sessions.flatMap(({ job, state }) => (state === 'starting' || state === 'recovering' ? [job] : [])),
  ]
  return paths.observe(pods, new Set(waiting))
}

/** The Jobs of the warm slots whose handshakes are due, at most {@link PATHS_AT_ONCE} with the oldest ones. */
function oldestPaths(slots: readonly Slot[], nowMs: number, limits: Limits): string[] {
  return slots
    .filter((slot): slot is WarmSlot => slot.state === 'WARM' && isPathOld(slot, nowMs, limits))
    .toSorted((a, b) => (a.reachedAtMs ?? 0) - (b.reachedAtMs ?? 0))
    .slice(0, PATHS_AT_ONCE)
    .map(({ job }) => job)
}
