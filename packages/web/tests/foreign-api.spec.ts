import type { Page } from '@playwright/test'
import { expect, headline, mainButton, openChapter, terminate, test, visit } from './_util.ts'

const API = '**/api/**'
/** Answers every call of the API with a proxy's page and the status 200. */
const interpose = (page: Page) =>
  page.route(API, (route) => route.fulfill({ contentType: 'text/html', body: '<h1>Please sign in</h1>' }))

test('a proxy that answers for the API opens the simulator, and the page goes back when the API answers', async ({
  page,
  mock,
}) => {
  await interpose(page)
  await page.goto(mock.url)
  const bar = page.getByRole('complementary', { name: 'Simulation' })
  await expect(bar).toContainText('Something else answers in the place of the cluster’s API.')
  await page.unroute(API)
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await expect(bar).toHaveCount(0)
  await expect(headline(page)).toContainText('You hold')
})

test('a visitor who holds a pod reads that an answer was not from the API, and gets the next pod after it', async ({
  page,
  mock,
}) => {
  await visit(page, mock)
  await interpose(page)
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('The answer is not from the API.')
  await expect(page.locator('#app')).toContainText('Trying again in')
  await expect(page.locator('#log')).toContainText('The answer is not from the API; trying again.')
  await page.unroute(API)
  await expect(headline(page)).toContainText('Back in')
})

for (const [name, body] of [
  ['null', null],
  ['a list', []],
  ['a session without a receipt', { id: 'x', state: 'live', epoch: 1 }],
  ['a pod without a name', { pod: {}, socket: {} }],
] as const) {
  test(`an answer of another version (${name}) is refused, and the page tries again`, async ({
    page,
    mock,
  }) => {
    await page.route('**/api/session', (route) => route.fulfill({ json: body }))
    await page.goto(mock.url)
    await expect(headline(page)).toContainText('The answer is not from the API.')
    await page.unroute('**/api/session')
    await expect(headline(page)).toContainText('You hold')
    await expect(mainButton(page)).toBeVisible()
  })
}

test('values that only a newer API knows do not break the page', async ({ page, mock }) => {
  const step = { step: 'attested', at: new Date().toISOString() }
  await page.route('**/api/session**', async (route) => {
    const response = await route.fetch()
    if (response.status() > 202) return route.fulfill({ response })
    const session = await response.json()
    const receipt = { ...session.receipt, outcome: 'lent', stages: [{ name: 'lend', ms: 1 }] }
    await route.fulfill({ response, json: { ...session, source: 'lent', endReason: 'sold', receipt } })
  })
  await page.route('**/api/pool', async (route) => {
    const response = await route.fetch()
    const pool = await response.json()
    const [first, second, ...others] = pool.slots
    const slots = [{ ...first, state: 'draining' }, { ...second, progress: [step] }, ...others]
    await route.fulfill({ response, json: { ...pool, slots } })
  })
  await visit(page, mock)
  await expect(page.locator('#pool')).toContainText('draining')
  await expect(await openChapter(page, 'Your claim')).toContainText('lent')
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  await expect(page.getByRole('region', { name: 'Receipt' })).toBeVisible()
  await expect(page.getByText('This part of the page failed.')).toHaveCount(0)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

test('a pool of another version leaves the visit as it is', async ({ page, mock }) => {
  await page.route('**/api/pool', (route) => route.fulfill({ json: { target: 4, slots: [{}] } }))
  await visit(page, mock)
  await expect(page.locator('#pool')).toContainText('No answer from the API')
  await expect(headline(page)).toContainText('You hold')
  await page.unroute('**/api/pool')
  await expect(page.locator('#pool')).not.toContainText('No answer from the API')
  await expect(page.locator('#pool')).toContainText(/\d of 4 warm/)
})
