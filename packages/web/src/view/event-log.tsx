import { useSyncExternalStore } from 'react'
import { timeOfDay } from '../format.ts'
import type { EventLog } from '../visit/log.ts'

/** What happened, newest first, in sentences. */
export function Events({ log }: { log: EventLog }) {
  const lines = useSyncExternalStore(log.subscribe, log.snapshot)
  return (
    <>
      <h2 className="eyebrow">Events</h2>
      {lines.length === 0 ? (
        <p className="pt-3 text-[0.9375rem] text-muted-foreground">Nothing has happened yet.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <ol
          className="mt-3 max-h-[22rem] overflow-y-auto border-t"
          tabIndex={0}
          aria-label="Events, newest first"
        >
          {lines.map(({ id, at, text }) => (
            <li key={id} className="flex gap-4 border-b py-1.5 text-[0.9375rem]">
              <time className="pt-px font-mono text-[0.8125rem] text-muted-foreground tabular-nums">
                {timeOfDay(at)}
              </time>
              <span>{text}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  )
}
