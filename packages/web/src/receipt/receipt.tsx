import type { ReactNode } from 'react'
import { cn } from '@/lib/utils'
import { colourOf } from '../chart/outages.ts'
import { RECEIPT, TIMELINES } from '../copy/chapters.ts'
import { BLANK, duration } from '../lib/format.ts'
import type { Refill } from '../pool/slot-starts.ts'
import { startSteps } from '../visit/start-steps.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { DurationBar, Swatch } from './duration-bar.tsx'
import { legName, legWhy, receiptTitle } from './receipt-text.ts'
import { TimelineComparison } from './timeline-comparison.tsx'
import { healLegs, printTimeline, startLegs, type TimelineLeg } from './timelines.ts'

interface Props {
  readonly recovery: Recovery
  readonly refill: Refill
  readonly share: ReactNode
}

/** The receipt of a recovery: its legs to scale, a reason for each, and the two alternatives. */
export function Receipt({ recovery, refill, share }: Props) {
  const legs = recovery.legs.map((leg): TimelineLeg => ({ ...leg, by: 'browser' }))
  return (
    <section
      aria-labelledby="receipt-title"
      id="receipt"
      className="scroll-mt-14 pt-8"
      data-pod={colourOf(recovery.to.epoch)}
    >
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1 pb-2">
        <h3 id="receipt-title" className="eyebrow">
          {RECEIPT.title}
        </h3>
        <p className="flex-1 text-sm text-muted-foreground max-sm:basis-full">{receiptTitle(recovery)}</p>
        {!recovery.outage.interrupted && share}
      </div>
      {recovery.outage.interrupted && <p className="pb-2 text-sm">{RECEIPT.interrupted}</p>}
      <div className="grid gap-x-10 gap-y-4 border-t border-rule pt-4 lg:grid-cols-[12rem_1fr]">
        <dl className="flex flex-row flex-wrap gap-x-8 gap-y-3 lg:flex-col">
          <Figure name={RECEIPT.recovery[recovery.outage.cause]} value={duration(recovery.totalMs)} big />
          <Figure
            name={RECEIPT.down}
            value={recovery.downMs === undefined ? BLANK : duration(recovery.downMs)}
          />
          <Figure name={RECEIPT.lost} value={String(recovery.lost ?? BLANK)} />
        </dl>
        <div>
          <DurationBar legs={legs} spanMs={recovery.totalMs} tall />
          <Legs recovery={recovery} legs={legs} />
          <TimelineComparison recovery={recovery} refill={refill} />
        </div>
      </div>
    </section>
  )
}

function Legs({ recovery, legs }: { recovery: Recovery; legs: readonly TimelineLeg[] }) {
  const reported = reportOf(recovery)
  return (
    <>
      <ol
        aria-label={TIMELINES.legs(RECEIPT.title)}
        className={cn('grid pt-3 sm:grid-cols-2', legs.length > 4 ? 'xl:grid-cols-5' : 'xl:grid-cols-4')}
      >
        {printTimeline(legs, recovery.totalMs).legs.map((leg) => (
          <li key={leg.name} className="py-2 pr-6">
            <div className="flex items-center gap-2">
              <Swatch name={leg.name} />
              <span>
                <span>{`${legName(leg)} `}</span>
                <span className="font-semibold tabular-nums">{leg.text}</span>
              </span>
            </div>
            {/* On a phone the reasons are below, on demand. */}
            <p className="pt-1 text-sm text-muted-foreground max-sm:hidden">{legWhy(leg, recovery)}</p>
          </li>
        ))}
      </ol>
      {reported.length > 0 && (
        <p className="pt-1 text-sm text-muted-foreground">
          <span>{`${RECEIPT.reported} `}</span>
          <span className="tabular-nums text-foreground">
            {printTimeline(reported, recovery.totalMs)
              .legs.map((leg) => `${legName(leg)} ${leg.text}`)
              .join(' · ')}
          </span>
        </p>
      )}
    </>
  )
}

/** Returns the steps that the cluster reported of a pod that the visitor waited for. */
function reportOf({ outage, to, healMs, healSteps }: Recovery): TimelineLeg[] {
  if (outage.recover === 'heal')
    return healMs === undefined ? startLegs(startSteps(to) ?? outage.progress) : healLegs(healMs, healSteps)
  return to.source === 'cold' ? startLegs(startSteps(to) ?? outage.progress) : []
}

function Figure({ name, value, big = false }: { name: string; value: string; big?: boolean }) {
  return (
    <div>
      <dt className="text-[0.8125rem] text-muted-foreground">{name}</dt>
      <dd className={cn('tabular-nums tracking-tight', big ? 'text-4xl font-semibold' : 'text-xl')}>
        {value}
      </dd>
    </div>
  )
}
