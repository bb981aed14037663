import { memo, useSyncExternalStore } from 'react'
import { EVENT_LIST } from '../copy/events.ts'
import { timeOfDay } from '../lib/format.ts'
import type { EventLog } from '../visit/event-log.ts'

/** The event log, newest first, in a box that scrolls. A chunk of its own, like the messages in it. */
export default memo(function EventList({ log }: { log: EventLog }) {
  const lines = useSyncExternalStore(log.subscribe, log.snapshot)
  return (
    <section id="log" aria-labelledby="log-title" className="flex flex-1 flex-col">
      <h3 id="log-title" className="eyebrow px-4 pt-2.5 pb-1.5">
        {EVENT_LIST.title}
      </h3>
      <div className="relative flex-1 max-lg:h-40 max-lg:flex-none">
        {/* Out of the flow in wide windows, so that a long log does not make the instrument higher. */}
        <ol
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls needs the focus to be scrolled by keys
          tabIndex={0}
          aria-labelledby="log-title"
          className="absolute inset-0 overflow-y-auto border-t focus-visible:-outline-offset-2 print:static"
        >
          {lines.length === 0 && (
            <li className="px-4 py-2 text-sm text-muted-foreground">{EVENT_LIST.none}</li>
          )}
          {lines.map(({ id, at, text }) => (
            <li key={id} className="flex gap-3 border-b px-4 py-1 text-sm leading-snug">
              <time className="shrink-0 pt-px font-mono text-xs text-muted-foreground tabular-nums">
                {timeOfDay(at)}
              </time>
              <span>{text}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  )
})
