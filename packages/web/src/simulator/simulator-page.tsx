import { SIMULATION } from '../copy/simulation.ts'
import { nowMs } from '../lib/clock.ts'
import type { MountPoints } from '../lib/mount-points.ts'
import { type OpenPage, openPage } from '../page.tsx'
import type { Api } from '../visit/api.ts'
import type { Phase } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { isAway } from './away.ts'
import { createNotice, type Notice, type Why } from './notice.ts'
import { Panel } from './panel.tsx'
import { createSimulator } from './simulator.ts'

/** The page tries the real API this often. */
const ASK_EVERY_MS = 30_000
/** The page shows the receipt of a kill for this long before it changes over. */
const RECEIPT_MS = 10_000

/** Opens the simulator: the address asks for it, or this build has no API. @param seed as in `?sim=7`. */
export function openSimulator(mountPoints: MountPoints, seed: string | null, base: string): void {
  begin(mountPoints, seedOf(seed), createNotice(seed === null ? 'no-backend' : 'asked'), base !== '')
}

interface Fallback {
  readonly mountPoints: MountPoints
  readonly page: OpenPage
  readonly api: Api
  /** The API answered that the cluster is switched off. */
  readonly asleep: boolean
  /** Something that is not the API answered. */
  readonly foreign: boolean
  readonly restore: (opening: string) => void
}

/**
 * Opens the simulator while the API is asleep or away, and goes back when the API answers again. It does nothing when the
 * visitor's own network fails, or while the visitor holds a pod or waits for its replacement.
 * @returns whether the simulator was opened.
 */
export async function fallBackToSimulator({
  mountPoints,
  page,
  api,
  asleep,
  foreign,
  restore,
}: Fallback): Promise<boolean> {
  if (!asleep && (isBusy(page.visit.snapshot().phase) || !(await isAway(api)))) return false
  // The API may have answered in the meantime.
  if (!asleep && isBusy(page.visit.snapshot().phase)) return false
  page.close()
  const why: Why = asleep ? 'asleep' : foreign ? 'foreign' : 'away'
  const notice = createNotice(why)
  const simulated = begin(mountPoints, seedOf(null), notice, false)
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
  mountPoints: MountPoints,
  seed: number,
  notice: Notice,
  canGo: boolean,
): { page: OpenPage; close: () => void } {
  const simulator = createSimulator(seed)
  const { title } = document
  document.title = SIMULATION.titleOfPage(title)
  document.documentElement.dataset.simulated = ''
  const page = openPage(mountPoints, {
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

/** Whether a visit has a session or will resume one; the simulator must not replace it. */
function isBusy(phase: Phase): boolean {
  return 'session' in phase || ('resume' in phase && phase.resume.to !== 'claim')
}

/** Resolves when no recovery goes on and the last receipt has been visible for {@link RECEIPT_MS}. */
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
  const busy = 'outage' in phase || 'path' in phase || phase.status === 'requesting'
  return !busy && (recovery === undefined || nowMs() - recovery.pongMs > RECEIPT_MS)
}

/** Returns the seed for a text: its number, or a hash of its letters; without a text a random one. */
function seedOf(text: string | null): number {
  if (!text) return Math.floor(Math.random() * 10_000)
  const number = Number(text)
  if (Number.isSafeInteger(number)) return Math.abs(number)
  return [...text].reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
}
