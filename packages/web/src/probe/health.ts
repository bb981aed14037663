import type { Sample } from './samples.ts'
import { percentile } from './statistics.ts'

/** Why a pod counts as slow; undefined while it does not. */
export type Slowness =
  | { readonly by: 'latency'; readonly p95Ms: number }
  | { readonly by: 'silence'; readonly share: number }

export const HEALTH_WINDOW_MS = 10_000
const FEWEST = 20

/**
 * Judges one pod over its last 10 s: slow when p95 is over 3 × its best median and over 150 ms, or when 2 % or more of
 * its pings stayed unanswered. Undefined with under 20 judged pings.
 * @param bestP50Ms the lowest 10 s median this pod has had, ms.
 */
export function slowness(
  samples: readonly Sample[],
  pod: number,
  bestP50Ms: number | undefined,
): Slowness | undefined {
  const judged = samples.filter((s) => s.pod === pod && s.state !== 'waiting' && s.state !== 'asleep')
  if (judged.length < FEWEST) return undefined
  const share = judged.filter((s) => s.state !== 'answered').length / judged.length
  if (share >= 0.02) return { by: 'silence', share }
  const p95Ms = percentile(rttsOf(judged), 0.95)
  if (p95Ms !== undefined && bestP50Ms !== undefined && p95Ms > 3 * bestP50Ms && p95Ms > 150)
    return { by: 'latency', p95Ms }
  return undefined
}

/** The lower of `bestP50Ms` and the median of this window; a window under 20 pings does not count. */
export function betterMedian(
  samples: readonly Sample[],
  pod: number,
  bestP50Ms: number | undefined,
): number | undefined {
  const rtts = rttsOf(samples.filter((s) => s.pod === pod))
  const p50 = rtts.length < FEWEST ? undefined : percentile(rtts, 0.5)
  if (p50 === undefined) return bestP50Ms
  return bestP50Ms === undefined ? p50 : Math.min(bestP50Ms, p50)
}

function rttsOf(samples: readonly Sample[]): number[] {
  return samples.flatMap((s) => (s.rttMs === null ? [] : [s.rttMs]))
}
