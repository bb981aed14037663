import type { ReactNode } from 'react'
import { cn } from '@/lib/utils'
import { about, BLANK, duration } from '../format.ts'
import { nowMs } from '../lib/clock.ts'
import { LEGS, legWhy, printLegs, RECEIPT, receiptTitle } from '../sentences.ts'
import type { Kill } from '../visit/kill.ts'
import type { Leg } from '../visit/legs.ts'
import { colourOf } from './chart-model.ts'
import { OPEN_MS, type Stretch, stripsOf } from './receipt-model.ts'
import { useNow } from './use-now.ts'

/** The receipt of a kill: its legs to scale, and the same stretch of time on the axis of what Kubernetes did meanwhile. */
export function Receipt({ kill }: { kill: Kill }) {
  const legs = printLegs(kill.legs)
  return (
    <section aria-labelledby="receipt-title" className="pt-10" data-pod={colourOf(kill.to.epoch)}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <h3 id="receipt-title" className="eyebrow">
          Receipt
        </h3>
        <p className="text-sm text-muted-foreground">{receiptTitle(kill)}</p>
      </div>
      <div className="grid gap-x-10 gap-y-6 border-t border-rule pt-4 lg:grid-cols-[13rem_1fr]">
        <dl className="flex flex-row flex-wrap gap-x-8 gap-y-3 lg:flex-col">
          <Figure name={RECEIPT.recovery[kill.outage.cause]} value={duration(kill.totalMs)} big />
          <Figure name={RECEIPT.down} value={kill.downMs === undefined ? BLANK : duration(kill.downMs)} />
          <Figure name={RECEIPT.lost} value={String(kill.lost)} />
        </dl>
        <div>
          <LegStrip kill={kill} />
          <Cluster kill={kill} />
        </div>
      </div>
      <ol
        className={cn(
          'mt-6 grid border-t sm:grid-cols-2',
          legs.length > 4 ? 'lg:grid-cols-5' : 'lg:grid-cols-4',
        )}
      >
        {legs.map(({ name, text }, i) => (
          <li key={name} className="border-b py-3 pr-6 sm:border-b-0">
            <div className="flex items-center gap-2">
              <span aria-hidden="true" className={cn('size-3 shrink-0', LEG_FILL[name])} />
              <span>
                {LEGS[name]} <span className="font-semibold tabular-nums">{text}</span>
              </span>
            </div>
            <p className="pt-1 text-sm text-muted-foreground">{why(kill, kill.legs[i])}</p>
          </li>
        ))}
      </ol>
    </section>
  )
}

function why(kill: Kill, leg: Leg | undefined): string {
  const text = leg ? legWhy(leg, kill) : ''
  return text.charAt(0).toUpperCase() + text.slice(1)
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

const LEG_FILL: Record<Leg['name'], string> = {
  told: 'leg-hatched',
  asked: 'bg-foreground/25',
  healed: 'leg-idle',
  backoff: 'leg-idle',
  start: 'bg-foreground/45',
  claimed: 'bg-foreground',
  connected: 'bg-foreground/60',
  pong: 'bg-pod',
}

function LegStrip({ kill }: { kill: Kill }) {
  return (
    <div className="relative h-9 overflow-hidden bg-muted" aria-hidden="true">
      {placed(kill).map(({ name, from, width }) => (
        <Block key={name} from={from} width={width} fill={LEG_FILL[name]} />
      ))}
    </div>
  )
}

function Track({ children }: { children: ReactNode }) {
  return (
    <div className="relative h-2.5 overflow-hidden bg-muted" aria-hidden="true">
      {children}
    </div>
  )
}

/** A stretch of a strip, in shares of 1. */
function Block({ from, width, fill }: { from: number; width: number; fill: string }) {
  return <div className={cn('absolute inset-y-0', fill)} style={place(from, width)} />
}

/** Left edge and width in shares of 1; nothing that happened is narrower than a hairline. */
function place(from: number, width: number): { left: string; width: string } {
  return { left: `min(${from * 100}%, calc(100% - 3px))`, width: `max(${width * 100}%, 3px)` }
}

function placed({ legs, totalMs }: Kill): { name: Leg['name']; from: number; width: number }[] {
  let from = 0
  return legs.map(({ name, ms }) => {
    const width = totalMs === 0 ? 0 : ms / totalMs
    const at = { name, from, width }
    from += width
    return at
  })
}

/** The long axis: the recovery as small as it is beside the pool's and Kubernetes' own work, joined to its magnification. */
function Cluster({ kill }: { kill: Kill }) {
  const complete = kill.wholeMs !== undefined && kill.healMs !== undefined
  const now = useNow(complete || nowMs() - kill.outage.atMs > OPEN_MS ? 60_000 : 200)
  const { spanMs, whole, heal, neverHealed, steps } = stripsOf(kill, now)
  if (!whole && !heal && !neverHealed && steps.length === 0) return null
  const share = kill.totalMs / spanMs
  return (
    <div>
      <svg className="h-7 w-full" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
        <path d={`M0,0 L1000,0 L${share * 1000},10 L0,10 Z`} className="fill-foreground/6" />
      </svg>
      <ul className="flex flex-col gap-2 text-sm">
        <Bar
          stretch={{ name: 'you', fromMs: 0, toMs: kill.totalMs, open: false }}
          spanMs={spanMs}
          label={RECEIPT.you}
          value={duration(kill.totalMs)}
          fill="bg-pod"
        />
        {whole && (
          <Bar
            stretch={whole}
            spanMs={spanMs}
            label={RECEIPT.whole}
            value={valueText(whole)}
            fill="bg-foreground/55"
          />
        )}
        {heal && (
          <Bar
            stretch={heal}
            spanMs={spanMs}
            label={kill.outage.recover === 'heal' ? RECEIPT.healed : RECEIPT.heal}
            value={healText(heal, now - kill.outage.atMs)}
            fill="bg-foreground/30"
          />
        )}
        {neverHealed && <li className="text-muted-foreground">{RECEIPT.neverHealed}</li>}
        {steps.length > 0 && (
          <li>
            <Track>
              {steps.map(({ name, fromMs, toMs }, i) => (
                <Block
                  key={name}
                  from={fromMs / spanMs}
                  width={(toMs - fromMs) / spanMs}
                  fill={i % 2 === 0 ? 'bg-foreground/60' : 'bg-foreground/35'}
                />
              ))}
            </Track>
            <span className="text-muted-foreground">
              {RECEIPT.stepsReported}{' '}
              <span className="tabular-nums text-foreground">
                {steps
                  .map((step) => `${RECEIPT.steps[step.name] ?? step.name} ${stepSeconds(step)}`)
                  .join(' · ')}
              </span>
            </span>
          </li>
        )}
      </ul>
      <div
        className="mt-1 flex justify-between text-xs tabular-nums text-muted-foreground"
        aria-hidden="true"
      >
        <span>{RECEIPT.zero[kill.outage.cause]}</span>
        <span>{duration(spanMs / 2)}</span>
        <span>{duration(spanMs)}</span>
      </div>
    </div>
  )
}

function valueText({ toMs, open }: Stretch): string {
  return open ? `${(toMs / 1_000).toFixed(1)} s, still running` : about(toMs)
}

/** The report is whole seconds of the cluster's clock; what lies before it is ours, to the tenth. */
function healText({ fromMs, toMs, open }: Stretch, sinceMs: number): string {
  const seconds = `${((toMs - fromMs) / 1_000).toFixed(1)} s`
  if (!open) return fromMs === 0 ? `≈ ${seconds}` : about(toMs - fromMs)
  return sinceMs > toMs ? `over ${seconds}, not reported yet` : `${seconds}, still running`
}

function stepSeconds({ fromMs, toMs }: Stretch): string {
  const seconds = Math.round((toMs - fromMs) / 1_000)
  return seconds === 0 ? 'under 1 s' : `≈ ${seconds} s`
}

interface BarProps {
  readonly stretch: Stretch
  readonly spanMs: number
  readonly label: string
  readonly value: string
  readonly fill: string
}

function Bar({ stretch: { fromMs, toMs, open }, spanMs, label, value, fill }: BarProps) {
  return (
    <li>
      <Track>
        <Block
          from={fromMs / spanMs}
          width={(toMs - fromMs) / spanMs}
          fill={cn(fill, open && 'opacity-60')}
        />
      </Track>
      <span className="text-muted-foreground">
        {label} <span className="tabular-nums text-foreground">{value}</span>
      </span>
    </li>
  )
}
