import { expect, headline, test, visit } from './_util.ts'

test('without its entry script the page says so, and a reload after the repair opens it', async ({
  page,
  mock,
}) => {
  let missing = true
  await page.route('**/assets/index-*.js', (route) =>
    missing ? route.fulfill({ status: 404, body: 'Not found' }) : route.continue(),
  )
  await page.goto(mock.url)
  await expect(headline(page)).toHaveText('This page did not load completely.')
  await expect(page.getByText('One of its files is missing, blocked or broken.')).toBeVisible()
  // The head's script names a pod only while the page may still load.
  await expect.poll(() => mock.upgrades).toBe(1)
  await expect(headline(page)).toHaveText('This page did not load completely.')
  missing = false
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await expect(headline(page)).toContainText('You hold')
  await expect(page.getByText('One of its files is missing, blocked or broken.')).toHaveCount(0)
})

// The first test lets the entry script fail in the network, this one in the browser.
test('the page says that its entry script is blocked', async ({ page, mock }) => {
  await page.route('**/assets/index-*.js', (route) => route.abort('blockedbyclient'))
  await page.goto(mock.url)
  await expect(page.getByText('One of its files is missing, blocked or broken.')).toBeVisible()
})

test('a chunk that is gone leaves a sentence and a button, and the visit goes on', async ({
  page,
  mock,
  complaints,
}) => {
  test.slow()
  const uncaught: string[] = []
  page.on('pageerror', (error) => uncaught.push(String(error)))
  await page.route(/\/assets\/(receipts|chapters|kill-options|chart)-.*\.js/, (route) =>
    route.fulfill({ status: 404, body: 'Not found' }),
  )
  await visit(page, mock)
  const failed = page.getByText('This part of the page failed.')
  // The page tries each chunk for 20 s.
  await expect(failed.first()).toBeVisible({ timeout: 45_000 })
  await page.getByRole('button', { name: /^Terminate/ }).click()
  await expect(headline(page)).toContainText('Back in')
  await page.unroute(/\/assets\/(receipts|chapters|kill-options|chart)-.*\.js/)
  await page.getByRole('button', { name: 'Reload the page' }).first().click()
  await expect(headline(page)).toContainText('You hold')
  await expect(failed).toHaveCount(0)
  expect(uncaught).toEqual([])
  // React logs the errors that a boundary catches.
  for (const complaint of complaints.splice(0)) expect(complaint).toContain('dynamically imported module')
})

test('a simulator that is missing leaves the notice of the page until it is there', async ({
  page,
  mock,
}) => {
  let missing = true
  await page.route('**/assets/simulator-page-*.js', (route) => (missing ? route.abort() : route.continue()))
  await page.goto(`${mock.url}/?sim=7`)
  const notice = page.getByText('One of its files is missing')
  await expect(notice).toBeVisible()
  missing = false
  await expect(headline(page)).toContainText('You hold')
  await expect(notice).toHaveCount(0)
})

for (const how of ['missing', 'refused'] as const) {
  test(`the page says that the script that measures is ${how}, and measures once it is there`, async ({
    page,
    mock,
  }) => {
    if (how === 'refused')
      await page.addInitScript(() => {
        const Real = Worker
        let tries = 0
        window.Worker = class extends Real {
          constructor(...options: ConstructorParameters<typeof Real>) {
            if (++tries <= 5) throw new DOMException('refused', 'SecurityError')
            super(...options)
          }
        }
      })
    let missing = how === 'missing'
    await page.context().route('**/probe.worker*', (route) => (missing ? route.abort() : route.continue()))
    await page.goto(mock.url)
    const notice = page.getByText('The measuring script did not load.')
    await expect(notice).toBeVisible()
    missing = false
    await expect(headline(page)).toContainText('You hold')
    await expect(notice).toHaveCount(0)
  })
}
