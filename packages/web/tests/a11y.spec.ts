import { expectAccessible } from './_axe.ts'
import {
  expect,
  headline,
  mainButton,
  openRecorded,
  simulate,
  terminate,
  test,
  unfold,
  visit,
} from './_util.ts'

// Each test checks the page many times, on a machine that may be busy. The limit is only for a hang.
test.describe.configure({ timeout: 180_000 })

/** Long enough for two runs of axe while it lasts. */
const LASTS_MS = 120_000

test('axe finds nothing without a pod: failed, at capacity, rate-limited', async ({ page, mock }, info) => {
  mock.trouble(
    'claim',
    { fault: 'bad_body' },
    { fault: 'capacity', retryAfterMs: LASTS_MS },
    { fault: 'too_many_claims', retryAfterMs: LASTS_MS },
  )
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('This demo is down.')
  await expectAccessible(page, 'failed', info)
  await mainButton(page).click()
  await expect(headline(page)).toContainText('Every pod we may run is in use.')
  await expectAccessible(page, 'exhausted', info)
  await page.reload()
  await expect(headline(page)).toContainText('Your network took too many pods.')
  await expectAccessible(page, 'limited', info)
})

test('axe finds nothing during a cold start', async ({ page, mock }, info) => {
  while (mock.cluster.takeWarm()) {}
  mock.cluster.options.startMs = 5_000_000
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('No warm pod left, so you get a cold one.')
  await expectAccessible(page, 'provisioning', info)
})

test('axe finds nothing on a visit: live, recovering, with receipts, unfolded, in the drawer', async ({
  page,
  mock,
}, info) => {
  await visit(page, mock)
  await expectAccessible(page, 'live', info)
  await terminate(page, 'Freeze')
  await expect(headline(page)).toContainText('Back in')
  mock.cluster.options.backoffMs = LASTS_MS
  await terminate(page, 'Crash', 'Wait for Kubernetes')
  await expect(headline(page)).toContainText('Waiting for Kubernetes to recreate')
  await expectAccessible(page, 'recovering', info)
  await unfold(page)
  await page.getByRole('button', { name: /^p99/ }).click()
  await mainButton(page).focus()
  await page.keyboard.press('?')
  await expectAccessible(page, 'unfolded', info)
  await page.getByRole('button', { name: 'Verify' }).click()
  const drawer = page.getByRole('dialog')
  await drawer.locator('summary').first().click()
  await expectAccessible(page, 'drawer', info)
})

test('axe finds nothing in the unfolded simulator and in a recording', async ({
  page,
  mock,
  context,
}, info) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await simulate(page, mock)
  await expectAccessible(page, 'simulator', info)
  await openRecorded(page)
  await expectAccessible(page, 'recorded', info)
})
