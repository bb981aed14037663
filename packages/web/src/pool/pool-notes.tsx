import { POOL_NOTES } from '../copy/path.ts'
import { Elapsed } from '../instrument/ticking.tsx'
import { nowMs } from '../lib/clock.ts'
import { useNow } from '../lib/use-now.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Visit } from '../visit/state/visit-state.ts'

interface Props {
  readonly reading: PoolReading
  readonly visit: Visit
}

/**
 * The lines below the pool that not every visit has. They state the reason for its size, how long it was incomplete, and why it is
 * old or does not refill. A chunk of its own.
 */
export default function PoolNotes({ reading, visit: { recoveries } }: Props) {
  const { pool } = reading
  const [recovery] = recoveries
  return (
    <>
      {pool?.sizing && <p>{pool.sizing.explanation}</p>}
      {recovery && recovery.outage.recover === 'failover' && (
        <Recovered sinceMs={recovery.outage.atMs} afterMs={recovery.poolRecoveredMs} />
      )}
      <Problem reading={reading} />
    </>
  )
}

function Recovered({ sinceMs, afterMs }: { sinceMs: number; afterMs: number | undefined }) {
  if (afterMs !== undefined) return <p className="text-foreground">{POOL_NOTES.recoveredAfter(afterMs)}</p>
  return (
    <p>
      <span>{`${POOL_NOTES.notRecovered} `}</span>
      <Elapsed sinceMs={sinceMs} className="text-foreground" />
    </p>
  )
}

function Problem({ reading: { pool, askedMs, silentSinceMs } }: Pick<Props, 'reading'>) {
  useNow(1_000)
  const now = nowMs()
  if (silentSinceMs === undefined)
    return pool?.refill.problem && <p className="text-kill">{POOL_NOTES.stuck(pool.refill.problem)}</p>
  return (
    <p className="text-kill">
      {POOL_NOTES.silent(now - silentSinceMs) + (pool ? POOL_NOTES.past(now - askedMs) : '')}
    </p>
  )
}
