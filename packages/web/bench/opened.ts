/** Opens the page in its own Chromium and intercepts the frames of its worker. */
import { type CDPSession, chromium, type Page } from '@playwright/test'
import { findBrowser } from '../../../scripts/browser.ts'

/** The page as it is; without the chart's chunk, so that the placeholder stays; without any drawn frame. */
export type Drawn = 'chart' | 'placeholder' | 'nothing'

/** The state of the injected script and its switches, in the page. */
interface Kept {
  /** From each frame's arrival to its last change of the document, ms. */
  commits: number[]
  /** Round trips, ms, by the time at which the ping was due. */
  rtts: Record<number, number>
  /** Pings due before are not recorded. */
  sinceMs: number
  /** Each frame gets this many points; 0: unchanged. */
  points: number
  /** Drawn frames, repeated ones included. */
  frames: number
  /** Draws the newest frame this many times, one after the other. */
  again(times: number): Promise<void>
}
declare global {
  interface Window {
    kept: Kept
  }
}

export interface Opened extends AsyncDisposable {
  readonly page: Page
  readonly cdp: CDPSession
}

/** Opens the page and waits until it holds a pod. @param slowdown of the processor, 1 for none. */
export async function openPage(url: string, drawn: Drawn = 'chart', slowdown = 1): Promise<Opened> {
  const executablePath = findBrowser()
  const browser = await chromium.launch({
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
    ...(executablePath ? { executablePath } : {}),
  })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(120_000)
  const cdp = await page.context().newCDPSession(page)
  if (slowdown > 1) await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  if (drawn === 'placeholder') await page.route(/\/assets\/chart-/, (route) => route.abort())
  await page.addInitScript(holdFrames, drawn)
  await page.goto(url)
  await page.locator('h2.headline', { hasText: 'You hold' }).waitFor()
  if (drawn === 'chart') await page.locator('.chart path[d]').first().waitFor()
  return { page, cdp, [Symbol.asyncDispose]: () => browser.close() }
}

/** Runs in the page before its scripts. */
function holdFrames(drawn: Drawn): void {
  const kept: Kept = {
    commits: [],
    rtts: {},
    sinceMs: 0,
    points: 0,
    frames: 0,
    again: () => Promise.resolve(),
  }
  window.kept = kept
  /** Returns a minute of `kept.points` points, the newest last. With each frame they move by one slot. */
  const filled = (atMs: number) =>
    Array.from({ length: kept.points }, (_, i) => ({
      dueMs: atMs - ((kept.points - i) * 60_000) / kept.points,
      rttMs: 40 + (((i + kept.frames) * 7) % 23),
      pod: 1,
      state: 'answered',
    }))
  const Original = window.Worker
  window.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options)
      kept.again = (times) => this.#again(times)
      // Runs before the page's own listener.
      this.addEventListener('message', (event) => {
        const { data } = event
        if (data.type !== 'frame') return
        const { frame } = data
        for (const { dueMs, rttMs } of frame.points)
          if (rttMs !== null && dueMs > kept.sinceMs) kept.rtts[dueMs] = rttMs
        if (drawn === 'nothing' && kept.frames > 2) return event.stopImmediatePropagation()
        if (kept.points > 0) frame.points = filled(frame.atMs)
        this.#newest = data
        void this.#timed()
      })
    }

    #newest: unknown

    /**
     * Resolves in a later task, after all listeners and the microtasks in which React renders. Recharts commits a frame in
     * several steps. The last change of the document in this task ends the drawing.
     */
    #timed(): Promise<void> {
      const arrivedMs = performance.now()
      let drawnMs: number | undefined
      kept.frames++
      const commit = new MutationObserver(() => {
        drawnMs = performance.now()
      })
      commit.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
      const { port1, port2 } = new MessageChannel()
      return new Promise((resolve) => {
        port1.onmessage = () => {
          commit.disconnect()
          if (drawnMs !== undefined) kept.commits.push(drawnMs - arrivedMs)
          port1.close()
          resolve()
        }
        port2.postMessage(null)
      })
    }

    async #again(times: number): Promise<void> {
      for (let i = 0; i < times; i++) {
        const data = structuredClone(this.#newest) as { frame: { atMs: number; points: unknown } }
        data.frame.atMs += 250 * i
        data.frame.points = filled(data.frame.atMs)
        const done = this.#timed()
        this.onmessage?.(new MessageEvent('message', { data }))
        await done
      }
    }
  }
}
