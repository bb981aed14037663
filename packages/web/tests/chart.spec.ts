import type { CDPSession, Page } from '@playwright/test'
import { expect, test, visit } from './_util.ts'

const chunk = /\/assets\/chart-/

/** Every text of the drawing and where it stands, to a pixel. */
const labels = (page: Page) =>
  page.locator('.chart svg text').evaluateAll((texts) =>
    texts
      .map((text) => {
        const { x, y } = text.getBoundingClientRect()
        return { text: text.textContent, x: Math.round(x), y: Math.round(y) }
      })
      .filter(({ text }) => / s$|now/.test(text ?? '')),
  )

test('the chart is a sketch until somebody points at it, and nothing jumps then; its points answer while they do', async ({
  page,
  mock,
}) => {
  const asked: string[] = []
  page.on('request', (request) => chunk.test(request.url()) && asked.push(request.url()))
  await visit(page, mock)
  await expect(page.locator('.pod-line')).toHaveAttribute('d', /M.*L/)
  const sketched = await labels(page)
  expect(sketched).toHaveLength(5)
  expect(asked).toEqual([])

  const box = await page.locator('.chart').boundingBox()
  if (!box) throw new Error('The chart has no box.')
  const tip = page.locator('.recharts-tooltip-wrapper')
  await page.mouse.move(box.x + box.width - 60, box.y + 100)
  await expect(page.locator('.recharts-surface')).toBeVisible()
  expect(await labels(page)).toEqual(sketched)
  await expect(async () => {
    await page.mouse.move(box.x + box.width - 40, box.y + 100, { steps: 4 })
    await page.mouse.move(box.x + box.width - 30, box.y + 110, { steps: 4 })
    await expect(tip).toContainText(/ms .* ago/, { timeout: 500 })
  }).toPass()
  await page.mouse.move(5, 5)
  await expect(tip).toHaveText('')
  await expect(page.locator('.recharts-line')).toHaveCount(0)
  await expect(page.locator('.pod-line')).toHaveCount(1)
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true })

  test('a finger that scrolls past the chart asks nothing of it, a tap does', async ({ page, mock }) => {
    const asked: string[] = []
    page.on('request', (request) => chunk.test(request.url()) && asked.push(request.url()))
    await visit(page, mock)
    await expect(page.locator('.pod-line')).toHaveAttribute('d', /M.*L/)
    const box = await page.locator('.chart').boundingBox()
    if (!box) throw new Error('The chart has no box.')
    await swipeUp(await page.context().newCDPSession(page), box.x + 200, box.y + 150)
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(50)
    expect(asked).toEqual([])
    await page.evaluate(() => scrollTo(0, 0))
    const tip = page.locator('.recharts-tooltip-wrapper')
    await expect(async () => {
      await page.touchscreen.tap(box.x + box.width - 30, box.y + 60)
      await expect(tip).toContainText(/ms .* ago/, { timeout: 500 })
    }).toPass()
    await page.touchscreen.tap(100, 100)
    await expect(tip).toHaveText('')
  })
})

/** A finger that moves 150 px up, as slowly as a hand. */
async function swipeUp(cdp: CDPSession, x: number, fromY: number): Promise<void> {
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y: fromY }] })
  for (let y = fromY; y > fromY - 150; y -= 15)
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x, y }] })
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
}
