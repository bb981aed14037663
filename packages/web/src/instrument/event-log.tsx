import { memo, useSyncExternalStore } from 'react'
import { Disclosure } from '@/components/ui/disclosure'
import { EVENTS } from '../copy/first-paint.ts'
import { timeOfDay } from '../lib/format.ts'
import type { EventLog, LogLine } from '../visit/event-log.ts'

const SHOWN = 12

/** The event log, newest first. */
export const EventList = memo(function EventList({ log }: { log: EventLog }) {
  const lines = useSyncExternalStore(log.subscribe, log.snapshot)
  return (
    <>
      <h2 className="eyebrow">{EVENTS.title}</h2>
      {lines.length === 0 && <p className="pt-3 text-[0.9375rem] text-muted-foreground">{EVENTS.none}</p>}
      <Lines lines={lines.slice(0, SHOWN)} />
      {lines.length > SHOWN && (
        <Disclosure summary={EVENTS.earlier(lines.length - SHOWN)}>
          <Lines lines={lines.slice(SHOWN)} />
        </Disclosure>
      )}
    </>
  )
})

function Lines({ lines }: { lines: readonly LogLine[] }) {
  return (
    <ol className="mt-3 border-t">
      {lines.map(({ id, at, text }) => (
        <li key={id} className="flex gap-4 border-b py-1.5 text-[0.9375rem]">
          <time className="shrink-0 pt-px font-mono text-[0.8125rem] text-muted-foreground tabular-nums">
            {timeOfDay(at)}
          </time>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  )
}
