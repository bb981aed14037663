import { memo, useState } from 'react'
import { nowMs } from '../lib/clock.ts'
import { refillOf, type Starts, withStarts } from '../pool/slot-starts.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Kill } from '../visit/recovery.ts'
import { compare } from './compare.ts'
import { Comparison } from './comparison.tsx'
import { EarlierKills } from './earlier-recoveries.tsx'
import { Receipt } from './receipt.tsx'

interface Props {
  readonly kills: readonly Kill[]
  readonly reading: PoolReading
}

const NONE: Starts = new Map()

/** The receipts of a visit, the newest in full. A chunk of its own: nobody needs it before the first kill. */
function Receipts({ kills, reading }: Props) {
  const [seen, setSeen] = useState(NONE)
  const starts = withStarts(seen, reading)
  if (starts !== seen) setSeen(starts)
  const [kill, ...earlier] = kills
  if (!kill) return null
  const refill = ({ to }: Kill) => refillOf(to.pod.name, starts, reading)
  return (
    <>
      <Receipt kill={kill} refill={refill(kill)} />
      <Comparison rows={compare(kills, refill, reading.pool, nowMs())} />
      {earlier.length > 0 && <EarlierKills kills={earlier} />}
    </>
  )
}

export default memo(Receipts)
