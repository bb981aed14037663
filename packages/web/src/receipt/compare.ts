import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { percentile } from '@warm-pods/core/percentile.ts'
import type { Refill } from '../pool/slot-starts.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { type Clock, type ClockName, clocksOf, totalOf } from './clocks-model.ts'

/** A median of `n` values, ms; undefined when there are none. */
export interface Median {
  readonly ms: number | undefined
  readonly n: number
}

/** One of the three clocks over all that is known. */
export interface Compared {
  readonly name: ClockName
  /** The newest kill's. */
  readonly newest: Clock
  readonly visit: Median
  readonly everyone: Median
}

const NAMES = ['failover', 'cold', 'heal'] as const

/** The newest kill, all kills of the visit, and everyone's of the last 24 h. Empty without a kill. */
export function compare(
  recoveries: readonly Recovery[],
  refillOf: (recovery: Recovery) => Refill,
  pool: Pool | undefined,
  nowMs: number,
): Compared[] {
  const all = recoveries.map((recovery) => clocksOf(recovery, refillOf(recovery), nowMs))
  return NAMES.flatMap((name, i) => {
    const newest = all[0]?.[i]
    if (!newest) return []
    const totals = all.flatMap((clocks) => {
      const clock = clocks[i]
      const ms = clock && clock.is !== 'running' ? totalOf(clock) : undefined
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

function everyone(name: ClockName, pool: Pool | undefined): Median {
  const { failover, start, heal } = pool?.last24h ?? {}
  const spread = { failover, cold: start, heal }[name]
  return { ms: spread?.p50Ms ?? undefined, n: spread?.n ?? 0 }
}
