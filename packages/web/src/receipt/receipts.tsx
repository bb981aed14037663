import { memo, useState } from 'react'
import { nowMs } from '../lib/clock.ts'
import { refillOf, type Starts, withStarts } from '../pool/slot-starts.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { compare } from './compare.ts'
import { Comparison } from './comparison.tsx'
import { EarlierRecoveries } from './earlier-recoveries.tsx'
import { Receipt } from './receipt.tsx'

interface Props {
  readonly recoveries: readonly Recovery[]
  readonly reading: PoolReading
}

const NONE: Starts = new Map()

/** The receipts of a visit, the newest in full. A chunk of its own, because it is not needed before the first kill. */
function Receipts({ recoveries, reading }: Props) {
  const [seen, setSeen] = useState(NONE)
  const starts = withStarts(seen, reading)
  if (starts !== seen) setSeen(starts)
  const [recovery, ...earlier] = recoveries
  if (!recovery) return null
  const refill = ({ to }: Recovery) => refillOf(to.pod.name, starts, reading)
  return (
    <>
      <Receipt recovery={recovery} refill={refill(recovery)} />
      <Comparison rows={compare(recoveries, refill, reading.pool, nowMs())} />
      {earlier.length > 0 && <EarlierRecoveries recoveries={earlier} />}
    </>
  )
}

export default memo(Receipts)
