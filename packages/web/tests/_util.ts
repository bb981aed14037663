import { test as base, expect, type Page } from '@playwright/test'
import type { MockOptions } from './_mock-cluster.ts'
import { type MockServer, startMock } from './_mock-server.ts'
import { SITE } from './build.ts'

export { expect }

/** A server of its own for each test, quick to start pods and to heal, and what the page complained about. */
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
        // Refusals and broken sockets are the subject of these tests; Chromium logs each of them.
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
export const under = (page: Page) => page.locator('p.under')
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

/** Chooses how it dies and what comes after, waits for the button to wake, and clicks it. */
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

/** Opens the simulator with all that it assumes unfolded. */
export async function simulate(page: Page, mock: MockServer): Promise<void> {
  await page.goto(`${mock.url}/?sim=7`)
  await expect(headline(page)).toContainText('You hold')
  await page.getByText('Assumptions and faults').click()
}

/** Kills the pod, copies the link of that recording, and opens it. The clipboard has to be permitted. */
export async function openRecorded(page: Page): Promise<void> {
  await terminate(page, 'crash')
  await page.getByRole('button', { name: 'Share this recording' }).click()
  await expect(page.getByText('The link is copied.')).toBeVisible()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  // The same address with another fragment would be no new page.
  await page.goto('about:blank')
  await page.goto(link)
  await expect(headline(page)).toContainText('took over')
}
