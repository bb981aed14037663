import { createRoot } from 'react-dom/client'
import { retryImport } from './lib/retry-import.ts'
import { openPage, type Places } from './page.tsx'
import { createProbe, type Probe } from './probe/probe.ts'
import { createApi } from './visit/api.ts'
import { createSecrets } from './visit/secret.ts'

const place = (id: string): HTMLElement => {
  const element = document.getElementById(id)
  if (!element) throw new Error(`index.html has no #${id}`)
  return element
}
const places: Places = {
  root: createRoot(place('app')),
  controls: place('controls'),
  log: place('log'),
  announcer: place('announcer'),
}
const loadSimulator = () => retryImport(() => import('./simulator/simulator-page.tsx'))

/** Where the API is; empty: this build has none. While developing there is none unless one is named. */
const base: string = import.meta.env.VITE_API_BASE ?? (import.meta.env.DEV ? '' : '/api')

/** Simulated visits are not counted, and without a key none are. */
const POSTHOG_KEY: string = import.meta.env.VITE_PUBLIC_POSTHOG_KEY

let probe: Probe | undefined

function openReal(opening?: string): void {
  const secrets = createSecrets(() => sessionStorage)
  const api = createApi(base, location.href, secrets)
  probe ??= createProbe()
  const page = openPage(places, {
    api,
    secrets,
    probe,
    ...(opening && { opening }),
  })
  if (POSTHOG_KEY)
    void import('./analytics/start.tsx').then(({ startCounting }) => startCounting(page.visit, POSTHOG_KEY))
  let standingIn = false
  page.visit.observe((_before, _after, event) => {
    const asleep = event.type === 'api-error' && event.error.code === 'asleep'
    if (standingIn || !(asleep || event.type === 'unreachable')) return
    standingIn = true
    void loadSimulator()
      .then(({ fallBackToSimulator }) =>
        fallBackToSimulator({ places, page, api, asleep, restore: openReal }),
      )
      // Without its chunk it cannot stand in now; the next failure asks again.
      .catch(() => false)
      .then((stands) => {
        standingIn = stands
      })
  })
}

function open(): void {
  const asked = new URLSearchParams(location.search).get('sim')
  if (asked === null && base) openReal()
  else void loadSimulator().then(({ openSimulator }) => openSimulator(places, asked, base))
}

const RUN = '#run='
addEventListener('hashchange', () => location.hash.startsWith(RUN) && location.reload())
if (location.hash.startsWith(RUN))
  void retryImport(() => import('./recording/playback-page.tsx')).then(({ openRecording }) =>
    openRecording(places, open),
  )
else open()
