import type { Page } from '@playwright/test'
import { expect, headline, terminate, test, visit } from './_util.ts'

const bar = (page: Page) => page.getByRole('complementary', { name: 'Simulation' })
/** A visitor returns to the tab, so the page tries the real API again. */
const lookAgain = (page: Page) => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))

test('while the cluster is asleep the page opens the simulator, shows why, and goes back when it wakes', async ({
  page,
  mock,
}) => {
  mock.asleep = true
  await page.goto(mock.url)
  await expect(bar(page)).toContainText('The cluster is switched off to save money.')
  await expect(headline(page)).toContainText('You hold')
  await expect(page).toHaveTitle(/^Simulation/)
  mock.asleep = false
  await lookAgain(page)
  await expect(bar(page)).toHaveCount(0)
  await expect.poll(() => mock.held()?.alias).toBeDefined()
  await expect(headline(page)).toContainText(`You hold ${mock.held()?.alias}`)
  await expect(page).toHaveTitle(/^Warm pods/)
  await expect(
    page.getByText('The real pods are back. From here on nothing is simulated.').first(),
  ).toBeAttached()
})

test('the page does not go back during a kill', async ({ page, mock }) => {
  mock.asleep = true
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('You hold')
  await terminate(page, 'Freeze')
  await expect(headline(page)).toContainText('You terminated')
  mock.asleep = false
  await lookAgain(page)
  await expect(bar(page)).toContainText('The page changes over when your kill is over.')
  await expect(headline(page)).toContainText('Back in')
  await expect(bar(page)).toBeVisible()
  await expect(bar(page)).toHaveCount(0)
  await expect(headline(page)).toContainText('You hold')
})

test('the page opens the simulator when the cluster is put to sleep during a visit', async ({
  page,
  mock,
}) => {
  await visit(page, mock)
  mock.asleep = true
  await terminate(page, 'Crash')
  await expect(bar(page)).toContainText('The cluster is switched off')
})

test('the page opens the simulator while the site answers but the API does not', async ({ page, mock }) => {
  mock.unplugged = true
  await page.goto(mock.url)
  await expect(bar(page)).toContainText('does not answer, although your network works')
  await expect(headline(page)).toContainText('You hold')
  mock.unplugged = false
  await lookAgain(page)
  await expect(bar(page)).toHaveCount(0)
  await expect.poll(() => mock.held()?.alias).toBeDefined()
  await expect(headline(page)).toContainText(`You hold ${mock.held()?.alias}`)
})

test("the page opens no simulator when the visitor's own network is away", async ({
  page,
  mock,
  context,
}) => {
  await context.route('**/api/**', (route) => route.abort())
  await page.goto(mock.url)
  // The scripts of the page are loaded. Now neither the API nor the site answers.
  await context.setOffline(true)
  await expect(headline(page)).toContainText(/offline|The demo does not answer/)
  // Longer than the page needs to decide that the API is away.
  await page.waitForTimeout(4_000)
  await expect(bar(page)).toHaveCount(0)
  await context.unroute('**/api/**')
  await context.setOffline(false)
  await expect(headline(page)).toContainText('You hold')
  await expect(bar(page)).toHaveCount(0)
})

test('a visitor who holds a pod keeps waiting for it when the API goes away', async ({ page, mock }) => {
  await visit(page, mock)
  mock.unplugged = true
  mock.closeSocket(1011)
  await expect(headline(page)).toContainText(/The demo does not answer|Getting you another|ended by itself/)
  await page.waitForTimeout(5_000)
  await expect(bar(page)).toHaveCount(0)
  mock.unplugged = false
  await expect(headline(page)).toContainText(/You hold|Back in/)
})
