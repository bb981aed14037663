import { CLOCKS, RECEIPT } from '../copy/chapters.ts'
import { nowMs } from '../lib/clock.ts'
import { BLANK, duration } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'
import type { Refill } from '../pool/slot-starts.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { type Clock, clocksOf, niceSpan, OPEN_MS, printClock, totalOf } from './clocks-model.ts'
import { Strip, Swatch } from './duration-bar.tsx'
import { clockTells, legName, legWhy, runningTotal } from './receipt-text.ts'

/** The three ways back from one death on one axis that starts at the click; the one that was lived stands first. */
export function ThreeClocks({ recovery, refill }: { recovery: Recovery; refill: Refill }) {
  const open = recovery.healMs === undefined || refill.is === 'running'
  // The page's own clock ticks only while something still runs.
  const now = useNow(open && nowMs() - recovery.outage.atMs < OPEN_MS + 1_000 ? 200 : 60_000)
  const clocks = clocksOf(recovery, refill, now).toSorted(
    (a, b) => Number(b.is === 'lived') - Number(a.is === 'lived'),
  )
  const spanMs = niceSpan(Math.max(...clocks.map((clock) => totalOf(clock) ?? 0)))
  return (
    <div>
      <h4 className="mt-4 mb-3 border-t pt-4 text-sm font-semibold">
        {recovery.outage.cause === 'click' ? CLOCKS.title : CLOCKS.titleItself}
      </h4>
      <ul className="flex flex-col gap-5">
        {clocks.map((clock) => (
          <li key={clock.name}>
            <OneClock
              clock={clock}
              recovery={recovery}
              spanMs={spanMs}
              sinceMs={now - recovery.outage.atMs}
            />
          </li>
        ))}
      </ul>
      <div
        className="mt-3 flex justify-between border-t pt-1 text-xs tabular-nums text-muted-foreground"
        aria-hidden="true"
      >
        <span>{RECEIPT.zero[recovery.outage.cause]}</span>
        <span>{duration(spanMs / 2)}</span>
        <span>{duration(spanMs)}</span>
      </div>
      <p className="pt-3 text-sm text-muted-foreground">{CLOCKS.footnote}</p>
    </div>
  )
}

interface OneProps {
  readonly clock: Clock
  readonly recovery: Recovery
  readonly spanMs: number
  readonly sinceMs: number
}

function OneClock({ clock, recovery, spanMs, sinceMs }: OneProps) {
  const legs = clock.is === 'unknown' ? [] : clock.legs
  const printed = printClock(legs, recovery.totalMs)
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 pb-1.5">
        <span>
          <span className="font-semibold">{CLOCKS.names[clock.name]}</span>{' '}
          <span className="text-sm text-muted-foreground">{clockTells(clock)}</span>
        </span>
        <span className="ml-auto font-semibold whitespace-nowrap tabular-nums">
          {clock.is === 'unknown' && BLANK}
          {clock.is === 'running' && runningTotal(totalOf(clock) ?? 0, sinceMs)}
          {(clock.is === 'lived' || clock.is === 'measured') && printed.total}
          {clock.is === 'measured' && (
            <span className="pl-2 text-sm font-normal text-muted-foreground">
              {CLOCKS.times((totalOf(clock) ?? 0) / Math.max(1, recovery.totalMs))}
            </span>
          )}
        </span>
      </div>
      <Strip legs={legs} spanMs={spanMs} />
      {clock.is === 'measured' && (
        <>
          <ol
            aria-label={CLOCKS.legs(CLOCKS.names[clock.name])}
            className="flex flex-wrap gap-x-4 gap-y-0.5 pt-1.5 text-sm"
          >
            {printed.legs.map((leg) => (
              <li key={leg.name} className="flex items-center gap-1.5">
                <Swatch name={leg.name} />
                <span className="text-muted-foreground">{legName(leg)}</span>{' '}
                <span className="tabular-nums">{leg.text}</span>
              </li>
            ))}
          </ol>
          <Whys clock={clock} recovery={recovery} />
        </>
      )}
    </>
  )
}

/** A line for each leg; those of the lived clock stand open below the receipt. */
function Whys({ clock, recovery }: { clock: Extract<Clock, { legs: unknown }>; recovery: Recovery }) {
  return (
    <details className="text-sm">
      <summary className="flex min-h-11 w-fit items-center text-muted-foreground underline decoration-border underline-offset-4 hover:text-foreground">
        {CLOCKS.why}
      </summary>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 pb-2">
        {clock.legs.map((leg) => (
          <div key={leg.name} className="contents">
            <dt>{legName(leg)}</dt>
            <dd className="text-muted-foreground">{legWhy(leg, recovery)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
