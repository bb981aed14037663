import { SIMULATION } from '../copy/simulation.ts'
import { nowMs } from '../lib/clock.ts'
import { type OpenPage, openPage, type Places } from '../page.tsx'
import type { Api } from '../visit/api.ts'
import type { Phase } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/reducer.ts'
import { isAway } from './away.ts'
import { createNotice, type Notice, type Why } from './notice.ts'
import { Panel } from './panel.tsx'
import { createSimulator } from './simulator.ts'

/** How often the real API is asked whether it is back. */
const ASK_EVERY_MS = 30_000
/** A kill's receipt is left standing this long before the page changes over. */
const RECEIPT_MS = 10_000

/** Opens the simulator because somebody asked for it, or because this build has nothing else. @param seed as in `?sim=7`. */
export function openSimulator(places: Places, seed: string | null, base: string): void {
  begin(places, seedOf(seed), createNotice(seed === null ? 'no-backend' : 'asked'), base !== '')
}

interface Fallback {
  readonly places: Places
  readonly page: OpenPage
  readonly api: Api
  /** The API itself said that there is no cluster. */
  readonly asleep: boolean
  readonly restore: (opening: string) => void
}

/**
 * Stands in for the real thing while that is asleep or away, and gives way when it is back. A visitor's own network that
 * fails is neither, and whoever holds a pod or waits for its replacement is left where they are.
 * @returns whether it stands in.
 */
export async function fallBackToSimulator({
  places,
  page,
  api,
  asleep,
  restore,
}: Fallback): Promise<boolean> {
  if (!asleep && (isBusy(page.visit.snapshot().phase) || !(await isAway(api)))) return false
  // Meanwhile it may have answered after all.
  if (!asleep && isBusy(page.visit.snapshot().phase)) return false
  page.close()
  const why: Why = asleep ? 'asleep' : 'away'
  const notice = createNotice(why)
  const simulated = begin(places, seedOf(null), notice, false)
  const timer = setInterval(() => void look(), ASK_EVERY_MS)
  document.addEventListener('visibilitychange', look)
  async function look(): Promise<void> {
    if (document.visibilityState !== 'visible' || (await api.pool()).is !== 'ok') return
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
    notice.set('returning')
    await untilCalm(simulated.page)
    simulated.close()
    restore(SIMULATION.back)
  }
  return true
}

function begin(
  places: Places,
  seed: number,
  notice: Notice,
  canGo: boolean,
): { page: OpenPage; close: () => void } {
  const simulator = createSimulator(seed)
  const { title } = document
  document.title = SIMULATION.titleOfPage(title)
  document.documentElement.dataset.simulated = ''
  const page = openPage(places, {
    ...simulator,
    simulated: true,
    opening: SIMULATION.opening,
    above: <Panel simulator={simulator} notice={notice} canGo={canGo} />,
  })
  return {
    page,
    close() {
      page.close()
      simulator.close()
      document.title = title
      delete document.documentElement.dataset.simulated
    },
  }
}

/** Whether a visit has a session, or waits to go on with one: nothing of that is taken away. */
function isBusy(phase: Phase): boolean {
  return 'session' in phase || ('resume' in phase && phase.resume.to !== 'claim')
}

/** Resolves when no kill is under way and its receipt has been standing for a while. */
function untilCalm({ visit }: OpenPage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!isCalm(visit.snapshot())) return
      clearInterval(timer)
      resolve()
    }, 500)
  })
}

function isCalm({ phase, recoveries: [recovery] }: Visit): boolean {
  const under = 'outage' in phase || phase.status === 'connecting' || phase.status === 'requesting'
  return !under && (recovery === undefined || nowMs() - recovery.pongMs > RECEIPT_MS)
}

/** The seed that a text names: a number as it is, anything else by its letters; none: a new one by chance. */
function seedOf(text: string | null): number {
  if (!text) return Math.floor(Math.random() * 10_000)
  const number = Number(text)
  if (Number.isSafeInteger(number)) return Math.abs(number)
  return [...text].reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
}
