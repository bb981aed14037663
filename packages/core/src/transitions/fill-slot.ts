/** The way of a slot from EMPTY to WARM and back. Each write names the state and generation that it read. */
import type { Pod, Progress, Routed } from '../api/contracts.ts'
import type { EmptySlot, ReservedJob, Slot, StartingSlot, WarmSlot } from '../state/slot.ts'

/** An empty slot, reserved for a Job that is created next. */
export function reserveSlot({ slot, gen }: EmptySlot, job: ReservedJob, nowMs: number): StartingSlot {
  return { slot, gen, state: 'STARTING', sinceMs: nowMs, ...job }
}

/** The last report of a starting slot's pod, by Kubernetes and by the gateway. */
interface LatestProgress {
  readonly progress: Progress
  readonly routed?: Routed | undefined
  readonly problem?: string | undefined
}

/** A starting slot with the latest progress of its pod. */
export function noteProgress(
  { problem: _problem, routed: _routed, ...slot }: StartingSlot,
  { problem, progress, routed }: LatestProgress,
): StartingSlot {
  return { ...slot, progress, ...(routed ? { routed } : {}), ...(problem ? { problem } : {}) }
}

/** The way through the gateway to a pod that has become warm. Both are absent where it is not checked. */
export interface CheckedPath {
  /** How long it took after the pod was seen Ready, ms; absent when it was not timed. */
  readonly routedMs?: number
  /** When the gateway reached the pod. */
  readonly reachedAtMs?: number
}

/**
 * A starting slot whose pod is Ready and reached.
 * @param startMs Job requested to pod reached, in milliseconds; undefined when no single process saw the whole start.
 */
export function markWarm(
  { progress: _progress, problem: _problem, routed: _routed, ...slot }: StartingSlot,
  pod: Pod,
  startMs: number | undefined,
  nowMs: number,
  { routedMs, reachedAtMs }: CheckedPath = {},
): WarmSlot {
  const timedRoute = routedMs === undefined ? {} : { routedMs }
  const timed = startMs === undefined ? {} : { startMs, ...timedRoute }
  const reached = reachedAtMs === undefined ? {} : { reachedAtMs }
  return { ...slot, state: 'WARM', sinceMs: nowMs, pod, checkedAtMs: nowMs, ...reached, ...timed }
}

/**
 * A warm slot whose pod refill has just seen Ready.
 * @param reachedAtMs when the gateway reached the pod; undefined when that was not checked this time.
 */
export function confirmWarm(slot: WarmSlot, nowMs: number, reachedAtMs?: number): WarmSlot {
  return { ...slot, checkedAtMs: nowMs, ...(reachedAtMs === undefined ? {} : { reachedAtMs }) }
}

/** The slot without its Job, under the next generation. It keeps the time of its claim, from which the replenish delay counts. */
export function emptySlot(from: Slot, nowMs: number): EmptySlot {
  const claim = from.state === 'CLAIMED' ? { claimedAtMs: from.claimedAtMs } : {}
  const former = from.former ? { former: from.former } : {}
  return { slot: from.slot, ...former, gen: from.gen + 1, state: 'EMPTY', sinceMs: nowMs, ...claim }
}
