/**
 * What the page costs and how exactly it measures, in Chromium against the test double:
 * `node packages/web/bench/measure.ts`. It prints; nothing gates on it, since a busy machine would fail it.
 */
import { type CDPSession, chromium, type Page } from '@playwright/test'
import { percentile } from '../src/probe/statistics.ts'
import { type MockServer, startMock } from '../tests/_mock-server.ts'
import buildSite, { SITE } from '../tests/build.ts'

/** What the injected script keeps of every frame. */
interface Kept {
  commits: number[]
  rtts: Record<number, number>
}
declare global {
  interface Window {
    kept: Kept
    replay: number
  }
}

/** Wraps the worker: each frame is kept, timed until React has committed it, and repeated `replay` times. */
function keepFrames(): void {
  window.kept = { commits: [], rtts: {} }
  window.replay = 0
  const Original = window.Worker
  window.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options)
      this.addEventListener('message', ({ data }) => {
        if (data.type !== 'frame') return
        for (const { dueMs, rttMs } of data.frame.points) if (rttMs !== null) window.kept.rtts[dueMs] = rttMs
        const arrivedMs = performance.now()
        const { port1, port2 } = new MessageChannel()
        // Runs as the next task, after every listener and the microtasks in which React renders.
        port1.onmessage = () => {
          window.kept.commits.push(performance.now() - arrivedMs)
          port1.close()
        }
        port2.postMessage(null)
        for (let i = 1; i <= window.replay; i++)
          setTimeout(
            () => this.onmessage?.(new MessageEvent('message', { data: structuredClone(data) })),
            i * 15,
          )
      })
    }
  }
}

async function open(
  url: string,
  slowdown: number,
): Promise<{ page: Page; cdp: CDPSession; close: () => Promise<void> }> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--enable-precise-memory-info',
      '--disable-background-networking',
    ],
  })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const cdp = await page.context().newCDPSession(page)
  if (slowdown > 1) await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  await page.addInitScript(keepFrames)
  await page.goto(url)
  await page.locator('h2.headline', { hasText: 'You hold' }).waitFor()
  return { page, cdp, close: () => browser.close() }
}

const spread = (values: readonly number[]) =>
  `p50 ${percentile(values, 0.5)?.toFixed(1)}  p95 ${percentile(values, 0.95)?.toFixed(1)}  p99 ${percentile(values, 0.99)?.toFixed(1)}  n ${values.length}`

/** The pod holds each ping 60 ms and says so: what is left of the round trip is the instrument (and the loopback). */
async function measureError(mock: MockServer, slowdown: number): Promise<void> {
  mock.cluster.options.holdMs = 60
  const { page, close } = await open(mock.url, slowdown)
  await page.waitForTimeout(30_000)
  const { commits, rtts } = await page.evaluate(() => window.kept)
  console.log(`CPU ${slowdown}× slower  error ms   ${spread(Object.values(rtts))}`)
  console.log(`                commit ms  ${spread(commits.slice(8))}`)
  await close()
  mock.cluster.options.holdMs = 0
}

/** Four times as many frames as in life; the heap after a collection, early and late. */
async function measureHeap(mock: MockServer): Promise<void> {
  const { page, cdp, close } = await open(mock.url, 1)
  const usedMB = async () => {
    await cdp.send('HeapProfiler.collectGarbage')
    return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6
  }
  await page.waitForTimeout(65_000)
  await page.evaluate(() => {
    window.replay = 3
  })
  const used: string[] = []
  for (let minute = 0; minute < 4; minute++) {
    await page.waitForTimeout(60_000)
    await page.evaluate(() => {
      window.kept = { commits: [], rtts: {} }
    })
    used.push((await usedMB()).toFixed(1))
  }
  console.log(`heap MB, each after 4 more minutes' worth of frames: ${used.join('  ')}`)
  await close()
}

async function measureKills(mock: MockServer, kills: number): Promise<void> {
  const { page, close } = await open(mock.url, 1)
  const dead: number[] = []
  const told: number[] = []
  for (let i = 0; i < kills; i++) {
    const how = ['politely', 'crash'][i % 2] ?? 'crash'
    await page.getByRole('radio', { name: how }).click()
    await page.locator('button[aria-disabled=false]', { hasText: /^Terminate/ }).click()
    await page.locator('h2.headline', { hasText: 'Back in' }).waitFor()
    const legs = [...((await page.locator('p.under').textContent()) ?? '').matchAll(/(\d+) ms/g)].map(
      ([, ms]) => Number(ms),
    )
    told.push(legs[0] ?? Number.NaN)
    dead.push(legs.slice(1).reduce((a, b) => a + b, 0))
    await page.waitForTimeout(700)
  }
  console.log(`kill → told ms                    ${spread(told)}`)
  console.log(`death known → first pong ms       ${spread(dead)}`)
  await close()
}

/** From the click on "Get a pod" to the headline that the first pong writes, on a page that is already there. */
async function measureClaims(mock: MockServer, clicks: number): Promise<void> {
  const { page, close } = await open(mock.url, 1)
  const ms: number[] = []
  for (let i = 0; i < clicks; i++) {
    await page.waitForTimeout(1_500)
    // As if another tab had taken the session: the way to a click that does not need two minutes.
    mock.closeSocket(4002)
    await page.getByRole('button', { name: 'Get a pod' }).waitFor()
    ms.push(
      await page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            const headline = document.querySelector('h2.headline')
            const clickedMs = performance.now()
            const observer = new MutationObserver(() => {
              if (!headline?.textContent.startsWith('You hold')) return
              observer.disconnect()
              resolve(performance.now() - clickedMs)
            })
            if (headline) observer.observe(headline, { subtree: true, childList: true, characterData: true })
            for (const button of document.querySelectorAll('button'))
              if (button.textContent === 'Get a pod') button.click()
          }),
      ),
    )
  }
  console.log(`click → first pong ms             ${spread(ms)}`)
  await close()
}

await buildSite()
await using mock = await startMock(SITE, { startMs: 300, backoffMs: 500, cap: 1_000 })
/** `measure.ts heap` runs one part. */
const PARTS = {
  claims: () => measureClaims(mock, 15),
  kills: () => measureKills(mock, 15),
  error: () => measureError(mock, 1),
  'error-4x': () => measureError(mock, 4),
  heap: () => measureHeap(mock),
}
for (const [name, measure] of Object.entries(PARTS))
  if (process.argv[2] === undefined || process.argv[2] === name) await measure()
