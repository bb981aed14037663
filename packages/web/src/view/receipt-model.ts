import type { Progress } from '@warm-pods/core/contracts.ts'
import type { Kill } from '../visit/kill.ts'

/** A stretch of the axis that starts at the click (or when the death was noticed), ms. */
export interface Stretch {
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
  /** Still running: `toMs` is now. */
  readonly open: boolean
}

export interface Strips {
  /** Right end of the shared axis, ms. */
  readonly spanMs: number
  readonly whole: Stretch | undefined
  readonly heal: Stretch | undefined
  /** The Job was left to heal, and nobody reported that it did. */
  readonly neverHealed: boolean
  /** What the cluster reports of the pod it made, put behind our own sight of it; whole seconds. */
  readonly steps: readonly Stretch[]
}

/** Kubernetes never took as long as this; what is still open then was not reported and will not be. */
export const OPEN_MS = 60_000

/** The Job controller waits this long before it replaces a failed pod: a heal that is known to be quicker does not exist. */
const BACKOFF_MS = 10_000

/**
 * What Kubernetes alone would have cost, from the click on. Its own report runs from the pod's death, which comes at
 * about the time the page was told (a frozen pod is deleted only then). Reports come late, so what still runs is drawn no
 * further than is sure: a bar that was longer while it ran would jump back.
 */
function healOf({ outage, healMs, legs }: Kill, sinceMs: number): Stretch | undefined {
  const toldMs = legs.find(({ name }) => name === 'told')?.ms ?? 0
  if (outage.recover === 'heal')
    return healMs === undefined
      ? undefined
      : { name: 'heal', fromMs: toldMs, toMs: toldMs + healMs, open: false }
  if (healMs !== undefined) return { name: 'heal', fromMs: 0, toMs: toldMs + healMs, open: false }
  if (outage.cause !== 'click' || sinceMs > OPEN_MS) return undefined
  return { name: 'heal', fromMs: 0, toMs: Math.min(sinceMs, toldMs + BACKOFF_MS), open: true }
}

/** Everything one kill set in motion, on one axis. @param nowMs for what still runs. */
export function stripsOf(kill: Kill, nowMs: number): Strips {
  const { outage, totalMs, wholeMs } = kill
  const sinceMs = Math.max(0, nowMs - outage.atMs)
  const open = (name: string, ms: number | undefined): Stretch | undefined =>
    ms === undefined && sinceMs > OPEN_MS
      ? undefined
      : { name, fromMs: 0, toMs: ms ?? sinceMs, open: ms === undefined }
  const failover = outage.recover === 'failover'
  const whole = failover ? open('pool', wholeMs) : undefined
  const heal = healOf(kill, sinceMs)
  const steps = failover
    ? []
    : stepsAfter(
        outage.createdMs === undefined ? 0 : outage.createdMs - outage.atMs,
        kill.to.progress ?? outage.progress,
      )
  const ends = [totalMs, whole?.toMs ?? 0, heal?.toMs ?? 0, ...steps.map(({ toMs }) => toMs)]
  return {
    spanMs: niceSpan(Math.max(...ends)),
    whole,
    heal,
    neverHealed: failover && outage.cause === 'click' && heal === undefined,
    steps,
  }
}

/** Durations between the steps the cluster reports: its own clock, so only differences of it are used. */
function stepsAfter(createdMs: number, progress: Progress | undefined): Stretch[] {
  const times = (progress ?? []).flatMap(({ step, at }) =>
    at === null ? [] : [{ step, at: Date.parse(at) }],
  )
  const first = times[0]?.at ?? 0
  return times.slice(1).map(({ step, at }, i) => ({
    name: step,
    fromMs: createdMs + (times[i]?.at ?? first) - first,
    toMs: createdMs + at - first,
    open: false,
  }))
}

/** A round number at or above `ms` that four ticks divide. */
export function niceSpan(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 10)))
  const step = [1, 1.2, 1.6, 2, 4, 6, 8, 10].find((candidate) => candidate * power >= ms) ?? 10
  return step * power
}
