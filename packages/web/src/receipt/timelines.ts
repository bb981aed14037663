import { inMillis } from '../lib/format.ts'
import type { Refill } from '../pool/slot-starts.ts'
import { legText } from '../visit/legs-text.ts'
import { isKnownStep, type StartStep } from '../visit/start-steps.ts'
import { apportion, type Leg } from '../visit/state/legs.ts'
import type { Recovery } from '../visit/state/recovery.ts'

export type TimelineName = 'failover' | 'cold' | 'heal'

/** A leg of a timeline. `by`: the browser or the cluster timed it; times of the cluster are marked ≈. */
export interface TimelineLeg {
  readonly name: Leg['name'] | 'scheduled' | 'network' | 'started' | 'ready' | 'routed'
  readonly ms: number
  readonly by: 'browser' | 'cluster'
}

/** Why a timeline has no duration. */
type Unknown = 'healed' | 'none-warm' | 'not-killed' | 'not-reported' | 'missed'

/** One way to recover from a death: from the click, or from its detection, to the first pong of the next pod. */
export type Timeline =
  /** `actual`: this visitor's recovery. `measured`: an alternative, timed on the same death. */
  | { readonly name: TimelineName; readonly is: 'actual' | 'measured'; readonly legs: readonly TimelineLeg[] }
  /** The legs so far; the last has the least duration that is certain. */
  | { readonly name: TimelineName; readonly is: 'running'; readonly legs: readonly TimelineLeg[] }
  | { readonly name: TimelineName; readonly is: 'unknown'; readonly why: Unknown }

/** Longer than Kubernetes ever took. A timeline that is still open then will not be reported. */
export const OPEN_MS = 60_000

/** The Job controller waits this long before it replaces a failed pod, so no heal is quicker. */
const BACKOFF_MS = 10_000

/** Returns the three timelines of one death. @param nowMs {@link nowMs}, for timelines that still run. */
export function timelinesOf(
  recovery: Recovery,
  refill: Refill,
  nowMs: number,
): [Timeline, Timeline, Timeline] {
  return [failoverOf(recovery), coldOf(recovery, refill, nowMs), healOf(recovery, nowMs)]
}

/** Returns the duration in ms from the click to the first pong, or so far; undefined when it is unknown. */
export function totalOf(timeline: Timeline): number | undefined {
  return timeline.is === 'unknown' ? undefined : timeline.legs.reduce((sum, { ms }) => sum + ms, 0)
}

const actual = (name: TimelineName, legs: readonly Leg[]): Timeline => ({
  name,
  is: 'actual',
  legs: legs.map((leg) => ({ ...leg, by: 'browser' })),
})

function failoverOf({ outage, to, legs }: Recovery): Timeline {
  if (outage.recover === 'heal') return { name: 'failover', is: 'unknown', why: 'healed' }
  if (to.source === 'cold') return { name: 'failover', is: 'unknown', why: 'none-warm' }
  return actual('failover', legs)
}

function coldOf(recovery: Recovery, refill: Refill, nowMs: number): Timeline {
  const { outage, to, legs } = recovery
  const name = 'cold'
  if (outage.recover === 'heal') return { name, is: 'unknown', why: 'healed' }
  if (to.source === 'cold') return actual(name, legs)
  const { before, after } = own(recovery)
  switch (refill.is) {
    case 'missed':
      return { name, is: 'unknown', why: 'missed' }
    case 'timed':
      return {
        name,
        is: 'measured',
        legs: [...before, ...refillLegs(refill), ...after],
      }
    case 'running': {
      if (nowMs - outage.atMs > OPEN_MS) return { name, is: 'unknown', why: 'not-reported' }
      const ms = Math.max(0, refill.askedMs - (outage.claimedMs ?? outage.atMs))
      return { name, is: 'running', legs: [...before, { name: 'start', ms, by: 'cluster' }] }
    }
    default:
      return refill satisfies never
  }
}

/** The start of a pod, and the way through the gateway if refill timed it. */
function refillLegs({
  startMs,
  routedMs,
}: {
  startMs: number
  routedMs?: number | undefined
}): TimelineLeg[] {
  if (routedMs === undefined || routedMs > startMs) return [{ name: 'start', ms: startMs, by: 'cluster' }]
  return [
    { name: 'start', ms: startMs - routedMs, by: 'cluster' },
    { name: 'routed', ms: routedMs, by: 'cluster' },
  ]
}

/**
 * The recovery with Kubernetes alone. Its report starts at the pod's death, at about the end of the leg `told`: a frozen
 * pod is deleted only then. Reports come late, so a bar that still runs has the least duration that is certain. A longer
 * one would jump back.
 */
function healOf(recovery: Recovery, nowMs: number): Timeline {
  const { outage, legs, healMs, healSteps } = recovery
  const name = 'heal'
  if (outage.recover === 'heal') return actual(name, legs)
  if (outage.cause !== 'click') return { name, is: 'unknown', why: 'not-killed' }
  const { before, after } = own(recovery)
  if (healMs !== undefined)
    return { name, is: 'measured', legs: [...before, ...healLegs(healMs, healSteps), ...after] }
  const sinceMs = nowMs - outage.atMs
  if (sinceMs > OPEN_MS) return { name, is: 'unknown', why: 'not-reported' }
  const toldMs = before.reduce((sum, { ms }) => sum + ms, 0)
  const ms = Math.max(0, Math.min(sinceMs - toldMs, BACKOFF_MS))
  return { name, is: 'running', legs: [...before, { name: 'backoff', ms, by: 'cluster' }] }
}

/**
 * The visitor's own legs, which every timeline needs: told before the replacement; connected and pong after it. Rounded to
 * the milliseconds of the receipt, so that a leg is the same number on every timeline.
 */
function own({ legs }: Recovery): { before: TimelineLeg[]; after: TimelineLeg[] } {
  const printed = apportion(
    legs.map(({ ms }) => ms),
    1,
  )
  const pick = (...names: Leg['name'][]) =>
    legs.flatMap(({ name }, i): TimelineLeg[] =>
      names.includes(name) ? [{ name, ms: printed[i] ?? 0, by: 'browser' }] : [],
    )
  return { before: pick('told'), after: pick('connected', 'pong') }
}

/** Returns the legs from death to Ready as Kubernetes reports them. The back-off is the time before the first step. */
export function healLegs(healMs: number, steps: readonly StartStep[] | undefined): TimelineLeg[] {
  const start = startLegs(steps)
  const startMs = start.reduce((sum, { ms }) => sum + ms, 0)
  if (start.length === 0 || startMs > healMs) return [{ name: 'healed', ms: healMs, by: 'cluster' }]
  return [{ name: 'backoff', ms: healMs - startMs, by: 'cluster' }, ...start]
}

/**
 * Returns the durations between the steps that the cluster reports of a pod. Only differences are used, because the times
 * are of the cluster's clock. Empty unless the pod is Ready and the steps are in order. The time of a step that only a newer API
 * knows counts for the step after it.
 */
export function startLegs(steps: readonly StartStep[] | undefined): TimelineLeg[] {
  const times = (steps ?? [])
    .filter(({ step }) => isKnownStep(step))
    .map(({ step, at }) => ({ step, at: Date.parse(at ?? '') }))
  if (times.some(({ at }, i) => Number.isNaN(at) || at < (times[i - 1]?.at ?? 0))) return []
  const last = times.at(-1)?.step
  if (times[0]?.step !== 'created' || (last !== 'ready' && last !== 'routed')) return []
  return times
    .slice(1)
    .flatMap(({ step, at }, i): TimelineLeg[] =>
      step === 'created' ? [] : [{ name: step, ms: at - (times[i]?.at ?? at), by: 'cluster' }],
    )
}

/** A leg with its printed duration. */
export interface PrintedLeg extends TimelineLeg {
  readonly text: string
}

/** Legs that Kubernetes reports in whole seconds. */
const WHOLE_SECONDS: ReadonlySet<TimelineLeg['name']> = new Set([
  'healed',
  'backoff',
  'scheduled',
  'network',
  'started',
  'ready',
])

/** The precision of a leg of the cluster, ms: Kubernetes reports whole seconds, and refill sees a start within 0.1 s. */
function precisionMs({ name }: TimelineLeg): number {
  return WHOLE_SECONDS.has(name) ? 1_000 : 100
}

/**
 * Prints legs so that they add up to the printed total. The browser's legs keep the unit of the receipt. A leg of the cluster
 * has ≈ and the precision of its source, and the total has the precision of its least precise leg.
 * @param recoveryMs the total of the receipt, which decides that unit.
 */
export function printTimeline(
  legs: readonly TimelineLeg[],
  recoveryMs: number,
): { legs: PrintedLeg[]; total: string } {
  const inMs = inMillis(recoveryMs)
  const clusterLegs = legs.filter(({ by }) => by === 'cluster')
  const shares = apportion(
    legs.map(({ ms }) => ms),
    inMs ? 1 : 10,
  ).map((ms, i) => {
    const leg = legs[i]
    return leg?.by === 'cluster' ? roundTo(ms, precisionMs(leg)) : ms
  })
  const sumMs = shares.reduce((sum, ms) => sum + ms, 0)
  return {
    legs: legs.map((leg, i) => ({ ...leg, text: printLeg(leg, shares[i] ?? 0, inMs) })),
    total:
      clusterLegs.length === 0
        ? legText(sumMs, inMs)
        : approximate(sumMs, Math.max(...clusterLegs.map(precisionMs))),
  }
}

function printLeg(leg: TimelineLeg, ms: number, inMs: boolean): string {
  return leg.by === 'browser' ? legText(ms, inMs) : approximate(ms, precisionMs(leg))
}

/** Prints a duration of the cluster: `≈ 11 s`, `≈ 1.3 s`, or `under 1 s`. @param unitMs the precision, 1000 or 100. */
export function approximate(ms: number, unitMs: number): string {
  const rounded = roundTo(ms, unitMs)
  if (rounded === 0) return `under ${unitMs / 1_000} s`
  return `≈ ${(rounded / 1_000).toFixed(unitMs < 1_000 ? 1 : 0)} s`
}

/** Returns the precision of a timeline's total, ms; undefined when the browser timed all of it. */
export function precisionOf(name: TimelineName): number | undefined {
  return { failover: undefined, cold: 100, heal: 1_000 }[name]
}

function roundTo(ms: number, unitMs: number): number {
  return Math.round(ms / unitMs) * unitMs
}

/** Returns start and width of each leg on an axis of `spanMs`, 0..1. */
export function segmentsOf(
  legs: readonly TimelineLeg[],
  spanMs: number,
): { leg: TimelineLeg; from: number; width: number }[] {
  let fromMs = 0
  return legs.map((leg) => {
    const from = spanMs === 0 ? 0 : fromMs / spanMs
    fromMs += leg.ms
    return { leg, from, width: spanMs === 0 ? 0 : leg.ms / spanMs }
  })
}

/** Returns a round number at or above `ms` that four ticks divide evenly. */
export function niceSpan(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 10)))
  const step = [1, 1.2, 1.6, 2, 4, 6, 8, 10].find((candidate) => candidate * power >= ms) ?? 10
  return step * power
}
