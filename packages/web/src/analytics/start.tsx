import { createRoot } from 'react-dom/client'
import { whenIdle } from '../lib/idle.ts'
import type { Observer, VisitStore } from '../visit/visit.ts'
import { type Capture, capture, countWith, EVENT_NAMES } from './capture.ts'
import { counting } from './count.ts'
import { Note } from './note.tsx'
import { isAskedNotTo, isSwitchedOff } from './permission.ts'

const storage = () => localStorage
const HOST: string = import.meta.env.VITE_PUBLIC_POSTHOG_HOST || 'https://us.i.posthog.com'
const KEPT = 20

let started = false

/**
 * Counts this visit unless the browser or the visitor objects. Events before the first idle time are sent then.
 * @param earlier the changes of the visit before this call.
 */
export function startCounting(
  visit: VisitStore,
  key: string,
  earlier: readonly Parameters<Observer>[],
): void {
  const asked = isAskedNotTo(navigator)
  showNote(asked)
  if (asked) return
  const isOn = () => !isSwitchedOff(storage)
  const kept: Parameters<Capture>[] = []
  const keep: Capture = (...event) => {
    if (isOn() && kept.length < KEPT) kept.push(event)
  }
  let sink: Capture = keep
  const send: Capture = (...event) => sink(...event)
  countWith(send)
  const observer = counting(send)
  for (const change of earlier) observer(...change)
  visit.observe(observer)
  addEventListener('page-failed', countFailure)
  whenIdle(() => {
    if (!isOn()) return
    import('./posthog.ts').then(
      ({ startPosthog }) => {
        sink = startPosthog(key, HOST, EVENT_NAMES, isOn)
        for (const event of kept.splice(0)) sink(...event)
      },
      () => {},
    )
  })
}

/** index.html dispatches the event. The text of the error is not counted: it may hold a name or an address. */
function countFailure(): void {
  capture('failed', { code: 'uncaught' })
}

function showNote(asked: boolean): void {
  const place = document.getElementById('counting')
  if (!place || started) return
  started = true
  createRoot(place).render(<Note asked={asked} storage={storage} />)
}
