import { percentile } from '@warm-pods/core/percentile.ts'
import { mean } from '../lib/mean.ts'
import type { Sample } from './samples.ts'

/** A number that may not be known yet: `value` is undefined until the count `has` reaches `needs`. */
export interface Reading {
  readonly value: number | undefined
  readonly has: number
  readonly needs: number
}

const NEEDS = {
  now: 1,
  p50: 8,
  p95: 20,
  p99: 100,
  mean: 8,
  jitter: 16,
  unanswered: 20,
  livedP99: 100,
  error: 20,
} as const
export type NumberName = keyof typeof NEEDS

/** Every number of the page over one window: times in ms, `unanswered` a share (0..1). */
export type Statistics = { readonly [name in NumberName]: Reading } & {
  /** Pings to the present pod that were due in the window and judged: the base of `unanswered`. */
  readonly due: number
  /** Those of them that were answered in time. */
  readonly answered: number
  readonly maxMs: number | undefined
}

/**
 * Returns the jitter in ms of RFC 3550, section 6.4.1 and appendix A.8: `J += (|RTTᵢ − RTTᵢ₋₁| − J)/16`. It uses the round
 * trip in place of the transit time, so it covers both directions. It starts anew at a pod change and at a gap, because a
 * difference across either is not jitter.
 */
export function jitter(samples: readonly Sample[]): { valueMs: number; count: number } {
  let valueMs = 0
  let count = 0
  let previous: Sample | undefined
  for (const sample of samples) {
    if (sample.state === 'waiting') continue
    if (
      sample.rttMs === null ||
      previous?.rttMs == null ||
      previous.pod !== sample.pod ||
      previous.seq + 1 !== sample.seq
    ) {
      valueMs = 0
      count = sample.rttMs === null ? 0 : 1
    } else {
      valueMs += (Math.abs(sample.rttMs - previous.rttMs) - valueMs) / 16
      count++
    }
    previous = sample
  }
  return { valueMs, count }
}

/**
 * Returns how long the visitor waited for each due ping, ms. An unanswered ping counts from its due time until the first
 * later pong, or until now. HdrHistogram makes the same correction for coordinated omission afterwards.
 */
export function livedMs(samples: readonly Sample[], nowMs: number): number[] {
  let laterPongMs = nowMs
  const lived: number[] = []
  for (const sample of samples.toReversed()) {
    if (sample.rttMs !== null) {
      lived.push(sample.rttMs)
      laterPongMs = sample.answeredMs ?? laterPongMs
    } else if (sample.state === 'missed' || sample.state === 'down') lived.push(laterPongMs - sample.dueMs)
  }
  return lived
}

/**
 * Returns all numbers over `samples`, oldest first, at `nowMs` (monotonic ms).
 * @param own the samples for which the present pod is responsible: the base of `unanswered`.
 */
export function statistics(
  samples: readonly Sample[],
  nowMs: number,
  own: readonly Sample[] = samples,
): Statistics {
  const awake = samples.filter((sample) => sample.state !== 'asleep')
  const rtts = awake.flatMap((sample) => (sample.rttMs === null ? [] : [sample.rttMs]))
  const owed = own.filter(({ state }) => state !== 'asleep' && state !== 'waiting')
  const unanswered = owed.filter(isUnanswered).length
  const lived = livedMs(awake, nowMs)
  const lateness = awake.flatMap((sample) => (sample.latenessMs === null ? [] : [sample.latenessMs]))
  const wobble = jitter(samples)
  return {
    now: reading('now', rtts.length, () => rtts.at(-1)),
    p50: reading('p50', rtts.length, () => percentile(rtts, 0.5)),
    p95: reading('p95', rtts.length, () => percentile(rtts, 0.95)),
    p99: reading('p99', rtts.length, () => percentile(rtts, 0.99)),
    mean: reading('mean', rtts.length, () => mean(rtts)),
    jitter: reading('jitter', wobble.count, () => wobble.valueMs),
    unanswered: reading('unanswered', owed.length, () => unanswered / owed.length),
    livedP99: reading('livedP99', lived.length, () => percentile(lived, 0.99)),
    error: reading('error', lateness.length, () => percentile(lateness, 0.99)),
    due: owed.length,
    answered: owed.length - unanswered,
    maxMs: rtts.length === 0 ? undefined : Math.max(...rtts),
  }
}

function isUnanswered({ state }: Sample): boolean {
  return state !== 'answered'
}

function reading(name: NumberName, has: number, value: () => number | undefined): Reading {
  const needs = NEEDS[name]
  return { value: has >= needs ? value() : undefined, has, needs }
}
