import type { Progress } from '@warm-pods/core/api/contracts.ts'
import { inMillis } from '../lib/format.ts'
import type { Refill } from '../pool/slot-starts.ts'
import { legText } from '../visit/legs-text.ts'
import { apportion, type Leg } from '../visit/state/legs.ts'
import type { Recovery } from '../visit/state/recovery.ts'

export type ClockName = 'failover' | 'cold' | 'heal'

/** A leg of one of the three clocks. `by`: whose clock it was read from; the cluster's are marked ≈. */
export interface ClockLeg {
  readonly name: Leg['name'] | 'scheduled' | 'network' | 'started' | 'ready'
  readonly ms: number
  readonly by: 'browser' | 'cluster'
}

/** Why a clock has no time. */
export type Unknown = 'healed' | 'none-warm' | 'not-killed' | 'not-reported' | 'missed'

/** One way back from one death, from the click (or its discovery) to the first pong of the next pod. */
export type Clock =
  /** `lived`: what this visitor went through; `measured`: what the same death set in motion beside it. */
  | { readonly name: ClockName; readonly is: 'lived' | 'measured'; readonly legs: readonly ClockLeg[] }
  /** The legs so far, the last no longer than is sure. */
  | { readonly name: ClockName; readonly is: 'running'; readonly legs: readonly ClockLeg[] }
  | { readonly name: ClockName; readonly is: 'unknown'; readonly why: Unknown }

/** Kubernetes never took as long as this; what is still open then was not reported and will not be. */
export const OPEN_MS = 60_000

/** The Job controller waits this long before it replaces a failed pod: a heal that is known to be quicker does not exist. */
const BACKOFF_MS = 10_000

/** The three clocks of one death. @param nowMs for what still runs. */
export function clocksOf(recovery: Recovery, refill: Refill, nowMs: number): [Clock, Clock, Clock] {
  return [failoverOf(recovery), coldOf(recovery, refill, nowMs), healOf(recovery, nowMs)]
}

/** From the click to the first pong, ms; of a clock that runs, so far; undefined when it is not known. */
export function totalOf(clock: Clock): number | undefined {
  return clock.is === 'unknown' ? undefined : clock.legs.reduce((sum, { ms }) => sum + ms, 0)
}

const lived = (name: ClockName, legs: readonly Leg[]): Clock => ({
  name,
  is: 'lived',
  legs: legs.map((leg) => ({ ...leg, by: 'browser' })),
})

function failoverOf({ outage, to, legs }: Recovery): Clock {
  if (outage.recover === 'heal') return { name: 'failover', is: 'unknown', why: 'healed' }
  if (to.source === 'cold') return { name: 'failover', is: 'unknown', why: 'none-warm' }
  return lived('failover', legs)
}

function coldOf(recovery: Recovery, refill: Refill, nowMs: number): Clock {
  const { outage, to, legs } = recovery
  const name = 'cold'
  if (outage.recover === 'heal') return { name, is: 'unknown', why: 'healed' }
  if (to.source === 'cold') return lived(name, legs)
  const { before, after } = own(recovery)
  switch (refill.is) {
    case 'missed':
      return { name, is: 'unknown', why: 'missed' }
    case 'timed':
      return {
        name,
        is: 'measured',
        legs: [...before, { name: 'start', ms: refill.startMs, by: 'cluster' }, ...after],
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

/**
 * What Kubernetes alone would have cost. Its own report runs from the pod's death, which comes at about the time the page
 * was told (a frozen pod is deleted only then). Reports come late, so what still runs is drawn no further than is sure: a
 * bar that was longer while it ran would jump back.
 */
function healOf(recovery: Recovery, nowMs: number): Clock {
  const { outage, legs, healMs, healSteps } = recovery
  const name = 'heal'
  if (outage.recover === 'heal') return lived(name, legs)
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
 * The visitor's own legs around a replacement: being told, which each way needs, then the socket and the first pong. In the
 * milliseconds in which the receipt prints them, so that a leg is the same number on every clock.
 */
function own({ legs }: Recovery): { before: ClockLeg[]; after: ClockLeg[] } {
  const printed = apportion(
    legs.map(({ ms }) => ms),
    1,
  )
  const pick = (...names: Leg['name'][]) =>
    legs.flatMap(({ name }, i): ClockLeg[] =>
      names.includes(name) ? [{ name, ms: printed[i] ?? 0, by: 'browser' }] : [],
    )
  return { before: pick('told'), after: pick('connected', 'pong') }
}

/** From death to Ready as Kubernetes reports it: the back-off is what lies before the replacement's own steps. */
export function healLegs(healMs: number, steps: Progress | undefined): ClockLeg[] {
  const start = startLegs(steps)
  const startMs = start.reduce((sum, { ms }) => sum + ms, 0)
  if (start.length === 0 || startMs > healMs) return [{ name: 'healed', ms: healMs, by: 'cluster' }]
  return [{ name: 'backoff', ms: healMs - startMs, by: 'cluster' }, ...start]
}

/**
 * Durations between the steps that the cluster reports of a pod it made: its own clock, so only differences of it are
 * used. Empty unless it is Ready and they follow each other.
 */
export function startLegs(steps: Progress | undefined): ClockLeg[] {
  const times = (steps ?? []).map(({ step, at }) => ({ step, at: Date.parse(at ?? '') }))
  if (times.some(({ at }, i) => Number.isNaN(at) || at < (times[i - 1]?.at ?? 0))) return []
  if (times[0]?.step !== 'created' || times.at(-1)?.step !== 'ready') return []
  return times
    .slice(1)
    .flatMap(({ step, at }, i): ClockLeg[] =>
      step === 'created' ? [] : [{ name: step, ms: at - (times[i]?.at ?? at), by: 'cluster' }],
    )
}

/** A leg with its share of the clock's printed total. */
export interface PrintedLeg extends ClockLeg {
  readonly text: string
}

/**
 * Legs as they are printed, and their sum. What was timed here alone is printed as the receipt prints it. Beside a leg of
 * the cluster, which has ≈, one's own keep their unit and the sum is rounded to hundredths of a second.
 * @param livedMs what the receipt prints as its total: its unit is that of one's own legs on every clock.
 */
export function printClock(
  legs: readonly ClockLeg[],
  livedMs: number,
): { legs: PrintedLeg[]; total: string } {
  const mixed = legs.some(({ by }) => by === 'cluster')
  const inMs = inMillis(livedMs)
  const shares = apportion(
    legs.map(({ ms }) => ms),
    inMs ? 1 : 10,
  )
  const sumMs = shares.reduce((sum, ms) => sum + ms, 0)
  return {
    legs: legs.map((leg, i) => ({ ...leg, text: printLeg(shares[i] ?? 0, leg.by, inMs) })),
    total: mixed ? `≈ ${(sumMs / 1_000).toFixed(2)} s` : legText(sumMs, inMs),
  }
}

function printLeg(ms: number, by: ClockLeg['by'], inMs: boolean): string {
  if (by === 'browser') return legText(ms, inMs)
  if (ms === 0) return 'under 1 s'
  return `≈ ${ms % 1_000 === 0 ? ms / 1_000 : (ms / 1_000).toFixed(2)} s`
}

/** Where each leg lies on an axis of `spanMs`, in shares of 1. */
export function placed(
  legs: readonly ClockLeg[],
  spanMs: number,
): { leg: ClockLeg; from: number; width: number }[] {
  let fromMs = 0
  return legs.map((leg) => {
    const from = spanMs === 0 ? 0 : fromMs / spanMs
    fromMs += leg.ms
    return { leg, from, width: spanMs === 0 ? 0 : leg.ms / spanMs }
  })
}

/** A round number at or above `ms` that four ticks divide. */
export function niceSpan(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 10)))
  const step = [1, 1.2, 1.6, 2, 4, 6, 8, 10].find((candidate) => candidate * power >= ms) ?? 10
  return step * power
}
