import { percentile } from '@warm-pods/core/percentile.ts'
import type { Sample } from './samples.ts'

/** Why a pod counts as slow. `share` is 0..1. */
export type Slowness =
  | { readonly by: 'latency'; readonly p95Ms: number }
  | { readonly by: 'silence'; readonly share: number }

export const HEALTH_WINDOW_MS = 10_000
const FEWEST = 20

/**
 * Returns why a pod counts as slow; undefined while it does not, or with under 20 judged pings. It is slow when p95 of its
 * last 10 s is over 3 × its best median and over 150 ms. It is also slow when 2 % or more of its pings stayed unanswered,
 * one of them in the last 10 s.
 * @param recent the pings of the last 10 s that were due on its open socket.
 * @param bestP50Ms the lowest 10 s median this pod has had, ms.
 * @param unanswered the share (0..1) that the page shows; undefined: not known yet.
 */
export function slowness(
  recent: readonly Sample[],
  bestP50Ms: number | undefined,
  unanswered: number | undefined,
): Slowness | undefined {
  const judged = recent.filter(({ state }) => state !== 'waiting' && state !== 'asleep')
  if (judged.length < FEWEST) return undefined
  const silent = judged.some(({ state }) => state !== 'answered')
  if (silent && unanswered !== undefined && unanswered >= 0.02) return { by: 'silence', share: unanswered }
  const p95Ms = percentile(rttsOf(judged), 0.95)
  if (p95Ms !== undefined && bestP50Ms !== undefined && p95Ms > 3 * bestP50Ms && p95Ms > 150)
    return { by: 'latency', p95Ms }
  return undefined
}

/** Returns the lower of `bestP50Ms` and the median of this window, ms. A window under 20 pings does not count. */
export function betterMedian(recent: readonly Sample[], bestP50Ms: number | undefined): number | undefined {
  const rtts = rttsOf(recent)
  const p50 = rtts.length < FEWEST ? undefined : percentile(rtts, 0.5)
  if (p50 === undefined) return bestP50Ms
  return bestP50Ms === undefined ? p50 : Math.min(bestP50Ms, p50)
}

function rttsOf(samples: readonly Sample[]): number[] {
  return samples.flatMap(({ rttMs }) => (rttMs === null ? [] : [rttMs]))
}
