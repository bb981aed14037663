import { test as base, expect, type Locator, type Page } from '@playwright/test'
import type { MockOptions } from './_mock-cluster.ts'
import { type MockServer, startMock } from './_mock-server.ts'
import { SITE } from './build.ts'

export { expect }

/** Gives each test a mock server with quick starts and heals, and checks that the page logs no errors. */
export const test = base.extend<{ options: Partial<MockOptions>; mock: MockServer; complaints: string[] }>({
  options: [{ startMs: 500, backoffMs: 700 }, { option: true }],
  mock: async ({ options }, use) => {
    await using mock = await startMock(SITE, options)
    await use(mock)
  },
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        // These tests provoke refusals and broken sockets, and Chromium logs each of them.
        const expected = /Failed to load resource|WebSocket connection|WebSocket is closed/.test(
          message.text(),
        )
        if (message.type() === 'error' && !expected) complaints.push(message.text())
      })
      await use(complaints)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],
})

/** The headline of the visit. */
export const headline = (page: Page) => page.locator('h2.headline')
export const under = (page: Page) => page.locator('#app p.under')
/** The drawn lines of the chart, one for each pod. */
export const podLines = (page: Page) => page.locator('.recharts-line-curve')
export const mainButton = (page: Page) =>
  page
    .getByRole('region', { name: 'Instrument' })
    .getByRole('button', { name: /^(Terminate|Keep it|Get a pod|Try)/ })
    .first()

/** Opens the page and waits until it holds a pod. */
export async function visit(page: Page, mock: MockServer): Promise<void> {
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('You hold')
}

/** Chooses the kill options, waits until the button is enabled, and clicks it. */
export async function terminate(
  page: Page,
  how: 'Delete' | 'Crash' | 'Freeze',
  then: 'Take a warm pod' | 'Wait for Kubernetes' = 'Take a warm pod',
): Promise<void> {
  await page.getByRole('radio', { name: how }).click()
  await page.getByRole('radio', { name: then }).click()
  const button = page.getByRole('button', { name: /^Terminate/ })
  await expect(button).toHaveAttribute('aria-disabled', 'false')
  await button.click()
}

/** Opens every fold of the page: rows of the pool, the further numbers, and the parts of accordions. */
export async function unfold(page: Page): Promise<void> {
  for (const summary of await page.locator('summary:visible').all()) await summary.click()
  const folded = page.locator(
    '#pool button[aria-expanded=false], h3 > button[aria-expanded=false], [role=toolbar] button[aria-expanded=false]',
  )
  while ((await folded.count()) > 0) await folded.first().click()
}

/** Opens the tab of a chapter. */
export async function openChapter(page: Page, name: string): Promise<Locator> {
  await page.getByRole('tab', { name }).click()
  return page.getByRole('tabpanel', { name })
}

/** Opens the simulator with its panel unfolded. */
export async function simulate(page: Page, mock: MockServer): Promise<void> {
  await page.goto(`${mock.url}/?sim=7`)
  await expect(headline(page)).toContainText('You hold')
  await page.getByText('Assumptions and faults').click()
}

/** Kills the pod, copies the link of the recording, and opens it. The test must permit the clipboard. */
export async function openRecorded(page: Page): Promise<void> {
  await terminate(page, 'Crash')
  await page.getByRole('button', { name: 'Share this recording' }).click()
  await expect(page.getByText('The link is copied.')).toBeVisible()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  // Another fragment of the same address would not load the page anew.
  await page.goto('about:blank')
  await page.goto(link)
  await expect(headline(page)).toContainText('took over')
}
