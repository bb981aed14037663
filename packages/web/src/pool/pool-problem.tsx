import { POOL_PROBLEM } from '../copy/path.ts'
import { nowMs } from '../lib/clock.ts'
import { useNow } from '../lib/use-now.ts'
import type { PoolReading } from '../visit/pool-poller.ts'

/** Why the shown pool is old, or why it does not refill. A chunk of its own, because this is rare. */
export default function PoolProblem({ reading: { pool, askedMs, silentSinceMs } }: { reading: PoolReading }) {
  useNow(1_000)
  const now = nowMs()
  if (silentSinceMs === undefined)
    return pool?.refill.problem && <p className="text-kill">{POOL_PROBLEM.stuck(pool.refill.problem)}</p>
  return (
    <p className="text-kill">
      {POOL_PROBLEM.silent(now - silentSinceMs) + (pool ? POOL_PROBLEM.past(now - askedMs) : '')}
    </p>
  )
}
