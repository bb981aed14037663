import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { nowMs } from './lib/clock.ts'
import { createProbe } from './probe/probe.ts'
import { createAnnouncer } from './visit/announcer.ts'
import { createApi } from './visit/api.ts'
import { createLog } from './visit/log.ts'
import { narrate } from './visit/narrate.ts'
import { createPoolPoller } from './visit/pool-poller.ts'
import { createSecrets } from './visit/secret.ts'
import { surround } from './visit/surroundings.ts'
import { createVisit } from './visit/visit.ts'
import { wholeAgain } from './visit/whole.ts'

const place = (id: string): HTMLElement => {
  const element = document.getElementById(id)
  if (!element) throw new Error(`index.html has no #${id}`)
  return element
}

const secrets = createSecrets(() => sessionStorage)
const api = createApi(import.meta.env.VITE_API_BASE ?? '/api', location.href, secrets)
const probe = createProbe()
const pool = createPoolPoller(api)
const visit = createVisit({ api, probe, secrets })
const log = createLog()
const region = place('announcer')
const announcer = createAnnouncer((sentence) => {
  region.textContent = sentence
})

visit.observe((before, after, event) => {
  for (const { text, say } of narrate(before, after, event)) {
    log.add(text)
    if (say) announcer.say(text)
  }
  if (event.type === 'kill' || (event.type === 'dead' && after.phase.status === 'lost')) pool.hurry()
})
probe.subscribe(() => {
  const slow = probe.snapshot()?.slow
  visit.dispatch(slow ? { type: 'slow', slow } : { type: 'calm' })
})
pool.subscribe(() => {
  if (pool.snapshot().silentSinceMs === undefined) visit.dispatch({ type: 'answered', atMs: nowMs() })
  const whole = wholeAgain(visit.snapshot(), pool.snapshot())
  if (whole) visit.dispatch(whole)
})

createRoot(place('app')).render(
  <StrictMode>
    <App
      api={api}
      probe={probe}
      visit={visit}
      pool={pool}
      log={log}
      slots={{ controls: place('controls'), log: place('log') }}
    />
  </StrictMode>,
)
surround(visit, probe, pool)
