/**
 * The size of the pool, from the arrivals that refill has counted (ADR 36). It rises at once and falls slowly. A stage whose
 * `targetMax` is not above `target` has a pool of a fixed size.
 */
import { erlangB } from '../forecast.ts'
import type { Limits } from '../limits.ts'
import type { ClusterView } from '../state/cluster-view.ts'
import { currentTarget, largestTarget, type SizeReason, type Sizing } from '../state/sizing.ts'
import type { Slot } from '../state/slot.ts'
import { ageMs } from '../time.ts'

type SizeLimits = Pick<
  Limits,
  'cap' | 'replenishDelayMs' | 'target' | 'targetFallMs' | 'targetMax' | 'warmShareGoal'
>

/** Arrivals in a window of time that ends now. */
export interface ArrivalWindow {
  readonly minutes: number
  readonly arrivals: number
}

/** The measurements that the size depends on. */
export interface Demand {
  /** Windows of several lengths. The busiest one counts, so that a rush is seen at once. */
  readonly windows: readonly ArrivalWindow[]
  /** Mean start of a pod, ms; null before the first timed start. */
  readonly startMs: number | null
}

/** A shorter window counts as this long, because a few visitors in some seconds are no rush. */
const SHORTEST_WINDOW_MINUTES = 2
/** The pool falls by this share of its slots at a time. */
const FALL_SHARE = 1 / 20

/**
 * The size for the next pass. It never exceeds `targetMax`, nor the places of the quota that no Job of a visitor takes; the floor
 * `target` holds in any case.
 * @param before the size as recorded; undefined before the first pass.
 * @param otherJobs Jobs that do not belong to a starting or warm slot.
 */
export function sizePool(
  { startMs, windows }: Demand,
  before: Sizing | undefined,
  otherJobs: number,
  nowMs: number,
  limits: SizeLimits,
): Sizing {
  const arrivalsPerMinute = Math.max(
    0,
    ...windows.map(({ arrivals, minutes }) => arrivals / Math.max(SHORTEST_WINDOW_MINUTES, minutes)),
  )
  const wanted = slotsFor(arrivalsPerMinute, startMs, limits)
  const room = Math.max(limits.target, limits.cap - otherJobs)
  const allowed = Math.min(wanted, largestTarget(limits), room)
  const was = currentTarget(before, limits)
  const target = Math.min(room, Math.max(allowed, lowered(was, before, nowMs, limits)))
  const measured = { arrivalsPerMinute, ...(startMs === null ? {} : { startMs }) }
  const isNeeded = target !== was || allowed >= was
  const neededAtMs = isNeeded || !before ? nowMs : before.neededAtMs
  return { target, reason: reasonFor(target, { wanted, room }, limits), neededAtMs, ...measured }
}

function reasonFor(
  target: number,
  { room, wanted }: { readonly room: number; readonly wanted: number },
  limits: SizeLimits,
): SizeReason {
  if (target > wanted) return 'falling'
  if (target < wanted) return room < largestTarget(limits) ? 'quota' : 'limit'
  return target === limits.target ? 'floor' : 'arrivals'
}

/** The size after one fall, or the same size while it was needed lately. */
function lowered(
  was: number,
  before: Sizing | undefined,
  nowMs: number,
  { targetFallMs }: SizeLimits,
): number {
  if (before && ageMs(before.neededAtMs, nowMs) < targetFallMs) return was
  return was - Math.max(1, Math.floor(was * FALL_SHARE))
}

/** The fewest slots, at least `target`, by which the expected warm share reaches the goal (Erlang-B); at most one above the largest. */
function slotsFor(arrivalsPerMinute: number, startMs: number | null, limits: SizeLimits): number {
  if (startMs === null || arrivalsPerMinute === 0) return limits.target
  const load = (arrivalsPerMinute * (startMs + limits.replenishDelayMs)) / 60_000
  const most = largestTarget(limits) + 1
  let slots = limits.target
  while (slots < most && erlangB(slots, load) > 1 - limits.warmShareGoal / 100) slots++
  return slots
}

/** Jobs that do not belong to a starting or warm slot: those of visitors, and of pods that are going away. */
export function otherJobs({
  jobs,
  slots,
}: Pick<ClusterView, 'jobs'> & { readonly slots: readonly Slot[] }): number {
  const ours = new Set(
    slots.flatMap((slot) => (slot.state === 'STARTING' || slot.state === 'WARM' ? [slot.job] : [])),
  )
  return jobs.filter(({ name }) => !ours.has(name)).length
}

/** One sentence for people: the size of the pool and its cause. */
export function explainSize(
  { arrivalsPerMinute, reason, startMs = 0, target }: Sizing,
  limits: Pick<Limits, 'replenishDelayMs'>,
): string {
  const rate = Number(arrivalsPerMinute.toPrecision(2))
  const visitors = `${rate} ${rate === 1 ? 'visitor' : 'visitors'} a minute`
  const start = `${Math.round((startMs + limits.replenishDelayMs) / 1_000)} s starts`
  const slots = `${target} ${target === 1 ? 'slot' : 'slots'}`
  switch (reason) {
    case 'floor':
      return `${slots}, the fewest of this pool.`
    case 'arrivals':
      return `${slots}, because ${visitors} and ${start} would leave ${target - 1} short.`
    case 'falling':
      return `${slots}, and fewer soon, because ${visitors} need less.`
    case 'limit':
      return `${slots}, the most of this pool; ${visitors} and ${start} need more.`
    case 'quota':
      return `${slots}, because the quota has no room for more Jobs.`
    default:
      return reason satisfies never
  }
}
