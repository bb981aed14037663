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
export default function PoolNotes({
  reading: { askedMs, pool, silentSinceMs },
  visit: { recoveries },
}: Props) {
  const [recovery] = recoveries
  return (
    <>
      {pool?.sizing && <p>{pool.sizing.explanation}</p>}
      {recovery && recovery.outage.recover === 'failover' && (
        <Recovered sinceMs={recovery.outage.atMs} afterMs={recovery.poolRecoveredMs} />
      )}
      {silentSinceMs === undefined ? (
        pool?.refill.problem && <p className="text-kill">{POOL_NOTES.stuck(pool.refill.problem)}</p>
      ) : (
        <Silent sinceMs={silentSinceMs} askedMs={pool && askedMs} />
      )}
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

/** @param askedMs when the shown pool was asked for; undefined without one. */
function Silent({ askedMs, sinceMs }: { askedMs: number | undefined; sinceMs: number }) {
  useNow(1_000)
  const now = nowMs()
  return (
    <p className="text-kill">
      {POOL_NOTES.silent(now - sinceMs) + (askedMs === undefined ? '' : POOL_NOTES.past(now - askedMs))}
    </p>
  )
}
