import { test as base, expect, type Page } from '@playwright/test'
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
  how: 'politely' | 'crash' | 'freeze',
  then: 'fail over' | 'let Kubernetes heal' = 'fail over',
): Promise<void> {
  await page.getByRole('radio', { name: how }).click()
  await page.getByRole('radio', { name: then }).click()
  const button = page.getByRole('button', { name: /^Terminate/ })
  await expect(button).toHaveAttribute('aria-disabled', 'false')
  await button.click()
}

/** Opens the simulator with its panel unfolded. */
export async function simulate(page: Page, mock: MockServer): Promise<void> {
  await page.goto(`${mock.url}/?sim=7`)
  await expect(headline(page)).toContainText('You hold')
  await page.getByText('Assumptions and faults').click()
}

/** Kills the pod, copies the link of the recording, and opens it. The test must permit the clipboard. */
export async function openRecorded(page: Page): Promise<void> {
  await terminate(page, 'crash')
  await page.getByRole('button', { name: 'Share this recording' }).click()
  await expect(page.getByText('The link is copied.')).toBeVisible()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  // Another fragment of the same address would not load the page anew.
  await page.goto('about:blank')
  await page.goto(link)
  await expect(headline(page)).toContainText('took over')
}
