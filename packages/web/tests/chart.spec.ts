import type { CDPSession, Page } from '@playwright/test'
import { expect, headline, podLines, test, visit } from './_util.ts'

/** The text of each label of the time axis, and its place to a pixel. */
const timeLabels = (page: Page) =>
  page.locator('.recharts-xAxis-tick-labels .recharts-cartesian-axis-tick-value').evaluateAll((texts) =>
    texts.map((text) => {
      const { x, y } = text.getBoundingClientRect()
      return { text: text.textContent, x: Math.round(x), y: Math.round(y) }
    }),
  )

test('the chart loads after the first pong; nothing jumps when it replaces the placeholder or is pointed at', async ({
  page,
  mock,
}) => {
  // Frames arrive before the first pong, which is late.
  mock.cluster.options.lagMs = 800
  const loadedAt: (string | null)[] = []
  // The chart's chunk arrives when the test allows it.
  const { promise: allowed, resolve: allow } = Promise.withResolvers<void>()
  await page.route(/\/assets\/chart-/, async (route) => {
    loadedAt.push(await headline(page).textContent())
    await allowed
    await route.continue()
  })
  await visit(page, mock)
  mock.cluster.options.lagMs = 0
  const chart = page.locator('.chart')
  await expect(chart).toContainText('Round trips to your pod appear here')
  const box = await chart.boundingBox()
  if (!box) throw new Error('The chart has no box.')
  await expect.poll(() => loadedAt).toHaveLength(1)
  expect(loadedAt[0]).toContain('You hold')
  allow()
  await expect(podLines(page)).toHaveAttribute('d', /M.*L/)
  await expect(chart).not.toContainText('Round trips to your pod appear here')
  expect(await chart.boundingBox()).toEqual(box)
  // Paused, because the axis grows from 15 s to 60 s.
  await page.getByRole('button', { name: 'Pause' }).click()
  const labels = await timeLabels(page)
  expect([
    ['15 s', '10 s', '5 s', 'now'],
    ['30 s', '20 s', '10 s', 'now'],
  ]).toContainEqual(labels.map(({ text }) => text))

  const tip = page.locator('.recharts-tooltip-wrapper')
  await expect(tip).toHaveCount(0)
  await expect(async () => {
    await page.mouse.move(box.x + box.width - 40, box.y + 100, { steps: 4 })
    await page.mouse.move(box.x + box.width - 30, box.y + 110, { steps: 4 })
    await expect(tip).toContainText(`${mock.held()?.alias} · `, { timeout: 500 })
    await expect(tip).toContainText(/ms .* ago/, { timeout: 500 })
  }).toPass()
  expect(await timeLabels(page)).toEqual(labels)
  await page.mouse.move(5, 5)
  await expect(tip).toHaveCount(0)
  await expect(page.locator('.recharts-active-dot')).toHaveCount(0)
  await expect(podLines(page)).toHaveCount(1)
  expect(await timeLabels(page)).toEqual(labels)
})

test('a click on the chart draws no focus ring, the Tab key does', async ({ page, mock }) => {
  await visit(page, mock)
  const surface = page.locator('.recharts-surface')
  await surface.click()
  await expect(page.locator('.chart :focus-visible')).toHaveCount(0)
  await page.getByRole('button', { name: /^Unanswered/ }).focus()
  await page.keyboard.press('Tab')
  await expect(surface).toBeFocused()
  await expect(page.locator('.chart :focus-visible')).toHaveCSS('outline-style', 'solid')
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true })

  test('a finger that scrolls past the chart loads nothing and leaves no tip behind; a tap shows a point', async ({
    page,
    mock,
  }) => {
    const loaded: string[] = []
    page.on('request', (request) => /\/assets\/chart-/.test(request.url()) && loaded.push(request.url()))
    // The clock is paused while the finger scrolls, because the page loads the chart after the first seconds.
    await page.clock.install()
    await visit(page, mock)
    // By the page's own time: on a busy machine it may be ahead of the time at which this process computed it.
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000)
    const box = await page.locator('.chart').boundingBox()
    if (!box) throw new Error('The chart has no box.')
    const cdp = await page.context().newCDPSession(page)
    const before = loaded.length
    await swipeUp(cdp, box.x + 200, box.y + 150)
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(50)
    expect(loaded).toHaveLength(before)
    await page.clock.resume()
    await page.evaluate(() => scrollTo(0, 0))
    await expect(podLines(page)).toHaveAttribute('d', /M.*L/)

    await swipeUp(cdp, box.x + 200, box.y + 150)
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(50)
    const tip = page.locator('.recharts-tooltip-wrapper')
    await expect(tip).toHaveCount(0)
    await expect(page.locator('.recharts-active-dot')).toHaveCount(0)
    await page.evaluate(() => scrollTo(0, 0))
    await expect(async () => {
      await page.touchscreen.tap(box.x + box.width - 30, box.y + 60)
      await expect(tip).toContainText(/ms .* ago/, { timeout: 500 })
    }).toPass()
    await page.touchscreen.tap(100, 100)
    await expect(tip).toHaveCount(0)
  })
})

/** Moves a finger 150 px up, in steps. */
async function swipeUp(cdp: CDPSession, x: number, fromY: number): Promise<void> {
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y: fromY }] })
  for (let y = fromY; y > fromY - 150; y -= 15)
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x, y }] })
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
}
