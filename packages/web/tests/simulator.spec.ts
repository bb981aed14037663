import type { Page } from '@playwright/test'
import { expect, headline, terminate, test, under } from './_util.ts'

const bar = (page: Page) => page.getByRole('complementary', { name: 'Simulation' })

test('the simulator needs no backend, and labels each of its numbers', async ({ page, mock }) => {
  await page.goto(`${mock.url}/?sim=7`)
  await expect(headline(page)).toContainText('You hold gentle-oystercatcher')
  await expect(bar(page)).toContainText('No pod and no number on this page is real.')
  await expect(page).toHaveTitle(/^Simulation, not a cluster/)
  await expect(
    page.getByText('A simulation begins. No pod in it is real.', { exact: true }).first(),
  ).toBeAttached()
  const said = (selector: string) =>
    page.locator(selector).evaluate((element) => getComputedStyle(element, '::after').content)
  expect(await said('#pool h3, #pool .eyebrow')).toContain('simulated')
  await terminate(page, 'Delete')
  await expect(headline(page)).toContainText('Back in')
  expect(await said('#receipt-title')).toContain('simulated')
  // The bar stays visible at the end of the page.
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
  await expect(page.getByText('No pod and no number on this page is real.')).toBeInViewport()
  expect(mock.calls).toEqual([])
})

for (const how of ['Crash', 'Freeze'] as const)
  test(`a simulated pod that dies by a ${how} is replaced by a warm one, and the pool is refilled`, async ({
    page,
    mock,
  }) => {
    await page.goto(`${mock.url}/?sim=8`)
    await expect(headline(page)).toContainText('You hold')
    await terminate(page, how)
    await expect(headline(page)).toContainText('Back in')
    await expect(page.locator('#pool').getByText(/Pool refilled after ≈ \d+ s\./)).toBeVisible()
  })

test('simulated Kubernetes heals a Job after ten seconds of back-off', async ({ page, mock }) => {
  await page.goto(`${mock.url}/?sim=9`)
  await expect(headline(page)).toContainText('You hold')
  await terminate(page, 'Delete', 'Wait for Kubernetes')
  await expect(under(page)).toContainText('waits 10 s')
  await expect(headline(page)).toContainText(/Back in 1[0-9]\.\d\d s/)
})

test('every rule is checked and holds while a visitor injects faults', async ({ page, mock }) => {
  await page.goto(`${mock.url}/?sim=10`)
  await expect(headline(page)).toContainText('You hold')
  await bar(page).getByText('Assumptions and faults').click()
  await page.getByRole('button', { name: 'Run the next refill twice' }).click()
  await page.getByRole('button', { name: 'Let the next refill die half way' }).click()
  await page.getByRole('button', { name: 'Crash a warm pod' }).click()
  await page.getByRole('slider', { name: 'Other visitors a minute' }).fill('60')
  await page.getByRole('button', { name: 'Crash your pod' }).click()
  await expect(headline(page)).toContainText('Back in')
  const rules = page.getByRole('region', { name: 'Invariants' }).getByRole('listitem')
  await expect(rules).toHaveCount(9)
  await expect(rules.filter({ hasText: '✓ held' })).toHaveCount(9)
  await expect(rules.filter({ hasText: 'handed out as warm' })).toContainText(/[1-9]\d* checks/)
})

test('a changed assumption has an effect: a slower network gives longer round trips', async ({
  page,
  mock,
}) => {
  await page.goto(`${mock.url}/?sim=11`)
  await expect(headline(page)).toContainText('You hold')
  await bar(page).getByText('Assumptions and faults').click()
  await page.getByRole('slider', { name: 'Round trip' }).fill('300')
  await expect(page.getByRole('button', { name: /^Now [3-9]\d\d ms$/ })).toBeVisible()
})

test('the same seed draws the same pods', async ({ page, mock }) => {
  const names = async () => {
    await page.goto(`${mock.url}/?sim=dawn`)
    await expect(headline(page)).toContainText('You hold')
    const rows = page.locator('#pool li')
    await expect(rows).toHaveCount(5)
    // A pod that starts has no name yet.
    await expect(rows.filter({ hasText: /[a-z]+-[a-z]+/ })).toHaveCount(5)
    return (await rows.allTextContents()).map((row) => /[a-z]+-[a-z]+/.exec(row)?.[0]).sort()
  }
  const first = await names()
  // One of the five is the pod that refilled the slot. The seed determines all of them.
  expect(await names()).toEqual(first)
})
