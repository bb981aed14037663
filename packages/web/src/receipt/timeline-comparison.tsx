import { RECEIPT, TIMELINES } from '../copy/chapters.ts'
import { nowMs } from '../lib/clock.ts'
import { BLANK } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'
import type { Refill } from '../pool/slot-starts.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { DurationBar, Swatch } from './duration-bar.tsx'
import { axisLabel, legName, runningTotal, timelineNote, timesAsLong } from './receipt-text.ts'
import { niceSpan, OPEN_MS, printTimeline, type Timeline, timelinesOf, totalOf } from './timelines.ts'

/** The three timelines of one death on one axis that starts at the click. The actual recovery is first. */
export function TimelineComparison({ recovery, refill }: { recovery: Recovery; refill: Refill }) {
  const open = recovery.healMs === undefined || refill.is === 'running'
  // Re-rendered every 200 ms only while a timeline still runs.
  const now = useNow(open && nowMs() - recovery.outage.atMs < OPEN_MS + 1_000 ? 200 : 60_000)
  const timelines = timelinesOf(recovery, refill, now).toSorted(
    (a, b) => Number(b.is === 'actual') - Number(a.is === 'actual'),
  )
  const spanMs = niceSpan(Math.max(...timelines.map((timeline) => totalOf(timeline) ?? 0)))
  return (
    <div>
      <h4 className="mt-4 mb-3 border-t pt-4 text-sm font-semibold">
        {recovery.outage.cause === 'click' ? TIMELINES.title : TIMELINES.titleItself}
      </h4>
      <ul className="flex flex-col gap-5">
        {timelines.map((timeline) => (
          <li key={timeline.name}>
            <TimelineRow
              timeline={timeline}
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
        <span>{axisLabel(spanMs / 2)}</span>
        <span>{axisLabel(spanMs)}</span>
      </div>
      <p className="pt-3 text-sm text-muted-foreground">{TIMELINES.footnote}</p>
    </div>
  )
}

interface OneProps {
  readonly timeline: Timeline
  readonly recovery: Recovery
  readonly spanMs: number
  readonly sinceMs: number
}

function TimelineRow({ timeline, recovery, spanMs, sinceMs }: OneProps) {
  const legs = timeline.is === 'unknown' ? [] : timeline.legs
  const printed = printTimeline(legs, recovery.totalMs)
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 pb-1.5">
        <span>
          <span className="font-semibold">{`${TIMELINES.names[timeline.name]} `}</span>
          <span className="text-sm text-muted-foreground">{timelineNote(timeline)}</span>
        </span>
        <span className="ml-auto font-semibold whitespace-nowrap tabular-nums">
          <span>{totalText(timeline, printed.total, sinceMs)}</span>
          {timeline.is === 'measured' && (
            <span className="pl-2 text-sm font-normal text-muted-foreground">
              {timesAsLong(timeline.name, totalOf(timeline) ?? 0, recovery.totalMs)}
            </span>
          )}
        </span>
      </div>
      <DurationBar legs={legs} spanMs={spanMs} />
      {timeline.is === 'measured' && (
        <ol
          aria-label={TIMELINES.legs(TIMELINES.names[timeline.name])}
          className="flex flex-wrap gap-x-4 gap-y-0.5 pt-1.5 text-sm"
        >
          {printed.legs.map((leg) => (
            <li key={leg.name} className="flex items-center gap-1.5">
              <Swatch name={leg.name} />
              <span className="text-muted-foreground">{`${legName(leg)} `}</span>
              <span className="tabular-nums">{leg.text}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  )
}

function totalText(timeline: Timeline, printed: string, sinceMs: number): string {
  if (timeline.is === 'unknown') return BLANK
  return timeline.is === 'running' ? runningTotal(totalOf(timeline) ?? 0, sinceMs) : printed
}
