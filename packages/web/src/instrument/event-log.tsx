import { memo, useSyncExternalStore } from 'react'
import { EVENTS } from '../copy/first-paint.ts'
import { timeOfDay } from '../lib/format.ts'
import type { EventLog, LogLine } from '../visit/log.ts'

const SHOWN = 12

/** What happened, newest first, in sentences. */
export const Events = memo(function Events({ log }: { log: EventLog }) {
  const lines = useSyncExternalStore(log.subscribe, log.snapshot)
  return (
    <>
      <h2 className="eyebrow">{EVENTS.title}</h2>
      {lines.length === 0 && <p className="pt-3 text-[0.9375rem] text-muted-foreground">{EVENTS.none}</p>}
      <Lines lines={lines.slice(0, SHOWN)} />
      {lines.length > SHOWN && (
        <details>
          <summary className="flex min-h-11 items-center text-sm text-muted-foreground underline decoration-border underline-offset-4 hover:text-foreground">
            {EVENTS.earlier(lines.length - SHOWN)}
          </summary>
          <Lines lines={lines.slice(SHOWN)} />
        </details>
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
