import { memo, type ReactNode, useState } from 'react'
import { Accordion, AccordionItem } from '@/components/ui/accordion'
import { COMPARISON, RECEIPT, TIMELINES } from '../copy/chapters.ts'
import { nowMs } from '../lib/clock.ts'
import { refillOf, type Starts, withStarts } from '../pool/slot-starts.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { compare } from './compare.ts'
import { Comparison } from './comparison.tsx'
import { EarlierRecoveries } from './earlier-recoveries.tsx'
import { LegReasons } from './leg-reasons.tsx'
import { Receipt } from './receipt.tsx'

interface Props {
  readonly recoveries: readonly Recovery[]
  readonly reading: PoolReading
  /** The buttons that share the newest recovery. */
  readonly share: ReactNode
}

const NONE: Starts = new Map()

/** The receipts of a visit, the newest in full. A chunk of its own, because it is not needed before the first kill. */
function Receipts({ recoveries, reading, share }: Props) {
  const [seen, setSeen] = useState(NONE)
  const starts = withStarts(seen, reading)
  if (starts !== seen) setSeen(starts)
  const [recovery, ...earlier] = recoveries
  if (!recovery) return null
  const refill = ({ to }: Recovery) => refillOf(to.pod.name, starts, reading)
  return (
    <>
      <Receipt recovery={recovery} refill={refill(recovery)} share={share} />
      <Accordion className="mt-3 border-t">
        <AccordionItem value="why" title={TIMELINES.why}>
          <LegReasons recovery={recovery} refill={refill(recovery)} />
        </AccordionItem>
        <AccordionItem value="comparison" title={COMPARISON.title}>
          <Comparison rows={compare(recoveries, refill, reading.pool, nowMs())} />
        </AccordionItem>
        {earlier.length > 0 && (
          <AccordionItem value="earlier" title={RECEIPT.earlier(earlier.length)}>
            <EarlierRecoveries recoveries={earlier} />
          </AccordionItem>
        )}
      </Accordion>
    </>
  )
}

export default memo(Receipts)
