/** Networks and gateways that refuse, swallow or cut WebSockets, while the pods and the API are well. */
import { LIMITS } from '@warm-pods/core/limits.ts'
import { expect, headline, mainButton, test, under, visit } from './_util.ts'

const BLOCKED = 'Your network blocks WebSockets.'

test('a network that refuses WebSockets costs one pod, and the session is kept', async ({ page, mock }) => {
  mock.network = 'refuse'
  await page.goto(mock.url)
  await expect(headline(page)).toContainText(BLOCKED)
  await expect(under(page)).toContainText('Try another network, switch off a VPN or proxy')
  await expect(under(page)).toContainText(/Its lease ends in \d:\d\d\. Trying again in \d+ s\./)
  // A pause with full jitter may be over before the API has answered.
  expect(mock.upgrades).toBeLessThanOrEqual(6)
  expect(mock.cluster.sessions()).toMatchObject([{ epoch: 1, ended: false }])
  const alias = mock.held()?.alias
  // The visitor tries again: one more handshake, no other pod.
  const upgrades = mock.upgrades
  await mainButton(page).click()
  await expect.poll(() => mock.upgrades).toBe(upgrades + 1)
  await expect(headline(page)).toContainText(BLOCKED)
  await expect(page.locator('#log').getByText(BLOCKED)).toHaveCount(1)
  mock.network = 'open'
  await mainButton(page).click()
  await expect(headline(page)).toContainText(`You hold ${alias}`)
  expect(mock.calls).not.toContain('recover')
})

test('a browser that refuses WebSockets is told so, and costs one pod', async ({ page, mock }) => {
  await page.context().route('**/probe.worker*', async (route) => {
    const response = await route.fetch()
    const refuse =
      'self.WebSocket = class { constructor() { throw new DOMException("no", "SecurityError") } }'
    await route.fulfill({ response, body: `${refuse};${await response.text()}` })
  })
  await page.goto(mock.url)
  await expect(headline(page)).toContainText(BLOCKED)
  await expect(page.getByText('The measuring script did not load.')).toHaveCount(0)
  expect(mock.calls).not.toContain('recover')
})

test('a session that ends in a blocked network is not replaced by another', async ({ page, mock }) => {
  mock.network = 'refuse'
  await page.goto(mock.url)
  await expect(headline(page)).toContainText(BLOCKED)
  for (const { id } of mock.cluster.sessions()) mock.cluster.call({ name: 'release', session: id })
  await mainButton(page).click()
  await expect(headline(page)).toContainText('Your pod has ended.')
  await expect(under(page)).toContainText('This browser could not open a WebSocket to it.')
  await expect(mainButton(page)).toHaveText('Get a pod')
  expect(mock.calls.filter((call) => call === 'claim')).toHaveLength(1)
})

test('a network that swallows what the page sends costs one pod', async ({ page, mock }) => {
  mock.network = 'swallow'
  await page.goto(mock.url)
  await expect(headline(page)).toContainText(BLOCKED, { timeout: 6 * LIMITS.openDeadlineMs })
  expect(mock.upgrades).toBeLessThanOrEqual(4)
  expect(mock.calls).not.toContain('recover')
  expect(mock.cluster.sessions().length).toBe(1)
})

test('a network that cuts each WebSocket costs no pod, and more time between the tries', async ({
  page,
  mock,
}) => {
  // The page holds its pod for a moment at a time, so the test does not wait for "You hold".
  mock.network = 300
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('Your network cuts WebSockets after seconds.', {
    timeout: 40_000,
  })
  expect(mock.upgrades).toBe(6)
  expect(mock.calls).not.toContain('recover')
  expect(mock.cluster.sessions().length).toBe(1)
})

test('an API that cannot check pods costs one pod more', async ({ page, mock }) => {
  mock.missing.add('reach')
  mock.network = 'refuse'
  await page.goto(mock.url)
  await expect(headline(page)).toContainText(BLOCKED, { timeout: 50_000 })
  expect(mock.calls.filter((call) => call === 'recover')).toHaveLength(1)
})

test('a reload of the gateway costs each page one handshake and no pod', async ({ page, mock, context }) => {
  const pages = [page, await context.newPage(), await context.newPage()]
  for (const each of pages) await visit(each, mock)
  const pods = mock.cluster.sessions()
  const upgrades = mock.upgrades
  mock.cutSockets()
  for (const each of pages)
    await expect(each.getByText(/Connection cut; the same pod again after/).first()).toBeAttached()
  expect(mock.cluster.sessions()).toEqual(pods)
  expect(mock.upgrades).toBe(upgrades + pages.length)
  expect(mock.calls.filter((call) => call === 'recover' || call === 'reach')).toEqual([])
  // The chart shows the gap, and no receipt of a recovery is written.
  await expect(page.locator('.recharts-reference-area-rect').first()).toBeAttached()
  await expect(page.getByRole('region', { name: 'Receipt' })).toHaveCount(0)
})

test('while the gateway is down the page says so and keeps its pod; an expired token is read again', async ({
  page,
  mock,
}) => {
  await visit(page, mock)
  const alias = mock.held()?.alias
  mock.gatewayDown = true
  mock.cutSockets()
  await expect(headline(page)).toContainText(`Reconnecting to ${alias}…`)
  await expect(under(page)).toContainText('The gateway to the pods does not answer.')
  mock.gatewayDown = false
  await expect(headline(page)).toContainText(`You hold ${alias}`)
  mock.closeSocket(4004)
  await expect.poll(() => mock.calls.includes('read')).toBe(true)
  await expect(headline(page)).toContainText(`You hold ${alias}`)
  expect(mock.calls).not.toContain('recover')
})
