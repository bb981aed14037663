import { createView } from './components/view.ts'
import type { MountPoints } from './lib/mount-points.ts'
import { retryImport } from './lib/retry-import.ts'
import { openPage } from './page.tsx'
import { type Probe, startProbe } from './probe/probe.ts'
import { createApi } from './visit/api.ts'
import { takeHeadStart } from './visit/head-start.ts'
import { storedKill } from './visit/pending-kill.ts'
import { createSecrets } from './visit/secret.ts'
import type { Observer } from './visit/visit.ts'

const element = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (!found) throw new Error(`index.html has no #${id}`)
  return found
}
const controls = element('controls')
const chapters = element('chapters')
const mountPoints: MountPoints = {
  root: createView(element('app'), [controls, chapters]),
  controls,
  chapters,
  announcer: element('announcer'),
}
const loadSimulator = () => retryImport(() => import('./simulator/simulator-page.tsx'))

/** The URL of the API. Empty: this build has none, which is the default of the development server. */
const base: string = import.meta.env.VITE_API_BASE ?? (import.meta.env.DEV ? '' : '/api')

/** Without a key no visit is counted. Simulated visits are never counted. */
const POSTHOG_KEY: string = import.meta.env.VITE_PUBLIC_POSTHOG_KEY

const storage = () => sessionStorage

let probe: Probe | undefined

function openReal(opening?: string): void {
  const secrets = createSecrets(storage)
  const headStart = takeHeadStart(secrets.current())
  const api = createApi(base, location.href, secrets, headStart.fetch)
  probe ??= startProbe(headStart.worker)
  const page = openPage(mountPoints, {
    api,
    secrets,
    probe,
    askedMs: headStart.askedMs,
    interrupted: storedKill(storage),
    ...(opening && { opening }),
  })
  if (POSTHOG_KEY) {
    // The pod may be there before the script of the counting is.
    const earlier: Parameters<Observer>[] = []
    const stop = page.visit.observe((...change) => earlier.push(change))
    // A blocked script of the counting is no fault of the page.
    import('./analytics/start.tsx')
      .then(
        ({ startCounting }) => startCounting(page.visit, POSTHOG_KEY, earlier),
        () => {},
      )
      .finally(stop)
  }
  let fallingBack = false
  page.visit.observe((_before, _after, event) => {
    const asleep = event.type === 'api-error' && event.error.code === 'asleep'
    if (fallingBack || !(asleep || event.type === 'unreachable')) return
    const foreign = event.type === 'unreachable' && event.foreign === true
    fallingBack = true
    void loadSimulator()
      .then(({ fallBackToSimulator }) =>
        fallBackToSimulator({ mountPoints, page, api, asleep, foreign, restore: openReal }),
      )
      // The simulator's chunk did not load. The next failure of the API tries again.
      .catch(() => false)
      .then((opened) => {
        fallingBack = opened
      })
  })
}

function open(): void {
  const asked = new URLSearchParams(location.search).get('sim')
  if (asked === null && base) openReal()
  else
    loadSimulator()
      .then(({ openSimulator }) => openSimulator(mountPoints, asked, base))
      .catch(reportError)
}

const RUN = '#run='
// A recording is read only when the page opens.
addEventListener('hashchange', ({ oldURL }) => {
  if (location.hash.startsWith(RUN) || oldURL.includes(RUN)) location.reload()
})
// A task of its own, so that evaluating this script and opening the page do not block a slow phone in one piece.
setTimeout(() => {
  if (location.hash.startsWith(RUN))
    retryImport(() => import('./recording/playback-page.tsx'))
      .then(({ openRecording }) => openRecording(mountPoints, open))
      // Nothing is drawn yet, so the script in index.html shows its notice.
      .catch(reportError)
  else open()
})
