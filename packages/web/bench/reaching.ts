/** The time from a click to a pod, and from a death to the next pod, against a bare fetch, socket and ping. */
import type { Page } from '@playwright/test'
import { ms, type Row, type Sample, sampleOf } from '../../../scripts/measured.ts'
import type { MockServer } from '../tests/_mock-server.ts'
import type { Depth } from './depth.ts'
import { openPage } from './opened.ts'

/** Milliseconds. */
interface Times {
  readonly bare: number[]
  readonly clicks: number[]
  readonly kills: number[]
}

/** The baseline is the page `before`, or a bare fetch, socket and ping. */
export async function benchReaching(depth: Depth, mock: MockServer, before?: MockServer): Promise<Row[]> {
  const now: Times = { bare: [], clicks: [], kills: [] }
  const then: Times = { bare: [], clicks: [], kills: [] }
  for (let round = 1; round <= depth.rounds; round++) {
    depth.say(`reaching, round ${round} of ${depth.rounds}`)
    if (before) await reach(depth, before, then)
    await reach(depth, mock, now)
  }
  const bare = sampleOf(now.bare)
  return [
    row(
      'click → first pong, on the page',
      sampleOf(now.clicks),
      before ? sampleOf(then.clicks) : bare,
      !before,
    ),
    row(
      'death known → first pong, on the page',
      sampleOf(now.kills),
      before ? sampleOf(then.kills) : bare,
      !before,
    ),
  ]
}

async function reach({ clicks, kills }: Depth, mock: MockServer, times: Times): Promise<void> {
  await using opened = await openPage(mock.url)
  const { page } = opened
  for (let i = 0; i < clicks; i++) {
    times.bare.push(await bareMs(page, mock))
    times.clicks.push(await clickMs(page, mock))
  }
  for (let i = 0; i < kills; i++) {
    times.bare.push(await bareMs(page, mock))
    times.kills.push(await killMs(page))
  }
}

const BUDGET_MS = 150

function row(what: string, measured: Sample, baseline: Sample, isBare: boolean): Row {
  return {
    what,
    measured: `p50 ${ms(measured.p50)}, p95 ${ms(measured.p95)} (n ${measured.n})`,
    baseline: `${isBare ? 'a bare fetch, socket and ping of the same page' : 'the page before'}: p50 ${ms(baseline.p50)}, p95 ${ms(baseline.p95)} (n ${baseline.n})`,
    ratio: measured.p50 / baseline.p50,
    budget: `p95 ≤ ${BUDGET_MS} ms`,
    met: measured.p95 <= BUDGET_MS,
  }
}

/** One API request, one socket and one ping, without code of the page. */
function bareMs(page: Page, mock: MockServer): Promise<number> {
  const [warm] = mock.cluster.warmPods()
  return page.evaluate(async (address) => {
    const startedMs = performance.now()
    await (await fetch('/api/pool')).json()
    const socket = new WebSocket(`/pod/${address}`, ['warm-pods.v1'])
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.onopen = () => socket.send('p,1')
    socket.onmessage = ({ data }) => String(data).startsWith('p,') && resolve()
    await promise
    const ms = performance.now() - startedMs
    socket.close()
    return ms
  }, warm?.ip)
}

/** The time from the click on "Get a pod" to the headline after the first pong, on a loaded page. */
async function clickMs(page: Page, mock: MockServer): Promise<number> {
  await page.waitForTimeout(500)
  // Code 4002 means that another tab took the session. The button appears at once, not after two minutes.
  const button = page.getByRole('button', { name: 'Get a pod' })
  mock.closeSocket(4002)
  await button.waitFor()
  return page.evaluate(
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
  )
}

/** Kills the pod by a crash and adds up the printed legs after the first. */
async function killMs(page: Page): Promise<number> {
  await page.getByRole('radio', { name: 'crash' }).click()
  const headline = page.locator('h2.headline')
  const before = await headline.textContent()
  await page.locator('button[aria-disabled=false]', { hasText: /^Terminate/ }).click()
  await page
    .locator('h2.headline', { hasText: 'Back in' })
    .and(page.locator(`:not(:text-is(${JSON.stringify(before)}))`))
    .waitFor()
  const legs = [...((await page.locator('#app p.under').textContent()) ?? '').matchAll(/([\d.]+) (ms|s)\b/g)]
  return legs.slice(1).reduce((sum, [, n, unit]) => sum + Number(n) * (unit === 's' ? 1_000 : 1), 0)
}
