import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { percentile } from '@warm-pods/core/percentile.ts'
import type { Refill } from '../pool/slot-starts.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { type Timeline, type TimelineName, timelinesOf, totalOf } from './timelines.ts'

/** The median of `n` values, ms; undefined without values. */
export interface Median {
  readonly ms: number | undefined
  readonly n: number
}

/** A row of the comparison: one of the three timelines. */
export interface Compared {
  readonly name: TimelineName
  /** Of the newest kill. */
  readonly newest: Timeline
  readonly visit: Median
  readonly everyone: Median
}

const NAMES = ['failover', 'cold', 'heal'] as const

/** Compares the newest kill, all kills of the visit, and all visitors' kills of the last 24 h. Empty without a kill. */
export function compare(
  recoveries: readonly Recovery[],
  refillOf: (recovery: Recovery) => Refill,
  pool: Pool | undefined,
  nowMs: number,
): Compared[] {
  const all = recoveries.map((recovery) => timelinesOf(recovery, refillOf(recovery), nowMs))
  return NAMES.flatMap((name, i) => {
    const newest = all[0]?.[i]
    if (!newest) return []
    const totals = all.flatMap((timelines, k) => {
      const timeline = timelines[i]
      const isUsable = timeline && timeline.is !== 'running' && !recoveries[k]?.outage.interrupted
      const ms = isUsable ? totalOf(timeline) : undefined
      return ms === undefined ? [] : [ms]
    })
    return [
      {
        name,
        newest,
        visit: { ms: percentile(totals, 0.5), n: totals.length },
        everyone: everyone(name, pool),
      },
    ]
  })
}

function everyone(name: TimelineName, pool: Pool | undefined): Median {
  const { failover, start, heal } = pool?.last24h ?? {}
  const spread = { failover, cold: start, heal }[name]
  return { ms: spread?.p50Ms ?? undefined, n: spread?.n ?? 0 }
}
