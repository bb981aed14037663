import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { expect, type Page, test } from '@playwright/test'
import { heldPod, secretOf } from './_visitor.ts'

/** The headline after a recovery. */
const BACK = /Back in [\d.]+\sm?s\. You hold (\w+-\w+)\./

/** Releases the test's session, because the rate limit counts the live sessions of one address. */
test.afterEach(async ({ page, request }) => {
  const secret = await secretOf(page).catch(() => undefined)
  if (!secret) return
  // Close the page first, because a page that loses its pod claims another.
  await page.close()
  const headers = { authorization: `Bearer ${secret}` }
  const session = await (await request.post('/api/session', { headers })).json()
  if (session.id) await request.delete(`/api/session/${session.id}`, { headers })
})

interface OtherVisitor {
  release(): Promise<unknown>
}

/** Claims a pod without a page, from another local address, which has its own rate limit. */
async function claimFrom(localAddress: string, baseURL: string): Promise<OtherVisitor> {
  const authorization = `Bearer ${randomBytes(32).toString('base64url')}`
  const call = (method: string, path: string): Promise<{ id: string }> => {
    const { promise, resolve, reject } = Promise.withResolvers<{ id: string }>()
    const url = new URL(`/api${path}`, baseURL)
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port: url.port,
        path: url.pathname,
        method,
        localAddress,
        headers: { authorization },
      },
      async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve(text === '' ? { id: '' } : JSON.parse(text))
      },
    )
    sent.once('error', reject)
    sent.end()
    return promise
  }
  const { id } = await call('POST', '/session')
  return { release: () => call('DELETE', `/session/${id}`) }
}

async function terminate(page: Page, killOption: string, recoveryOption: string): Promise<void> {
  await page.getByRole('radio', { name: killOption }).click()
  await page.getByRole('radio', { name: recoveryOption }).click()
  const button = page.getByRole('button', { name: /^Terminate/ })
  await expect(button).toBeEnabled()
  await button.click()
}

/** Parses a duration of the receipt, such as "told 0.20 s". @returns milliseconds. */
function milliseconds(text: string): number {
  const [, number = '', unit] = /([\d.]+)\s(ms|s)/.exec(text) ?? []
  return Number(number) * (unit === 's' ? 1000 : 1)
}

test('a visitor gets a warm pod and sees its pings', async ({ page }) => {
  await page.goto('/')
  const pod = await heldPod(page)
  await expect(page.getByText(`Claimed ${pod}, taken warm.`).first()).toBeVisible()
  await expect(page.getByText(/^[1-9]\d* of \d+ due pings answered$/)).toBeVisible()
  await expect(page.locator('#pool').getByText('4 of 4 warm')).toBeVisible()
})

for (const how of ['Delete', 'Crash', 'Freeze']) {
  test(`a killed pod (${how}) is replaced by a warm one, and the legs add up to the total`, async ({
    page,
  }) => {
    await page.goto('/')
    const first = await heldPod(page)
    await terminate(page, how, 'Take a warm pod')
    const second = await heldPod(page, BACK)
    expect(second).not.toBe(first)
    const under = await page.getByRole('paragraph').filter({ hasText: 'first reply' }).first().textContent()
    const legs = (under ?? '').split('·').map(milliseconds)
    expect(legs).toHaveLength(4)
    const total = milliseconds((await page.getByRole('heading', { name: BACK }).textContent()) ?? '')
    // The page prints three significant digits, so the sum can differ by rounding.
    expect(Math.abs(legs.reduce((a, b) => a + b, 0) - total)).toBeLessThanOrEqual(20)
    await expect(page.getByText(/^Pool refilled after ≈ /).first()).toBeVisible()
  })
}

test('Kubernetes heals a killed pod when the visitor chooses that, and the back-off is a separate leg', async ({
  page,
}) => {
  await page.goto('/')
  const first = await heldPod(page)
  await terminate(page, 'Delete', 'Wait for Kubernetes')
  await expect(page.getByText(/back-off/i).first()).toBeVisible()
  const second = await heldPod(page, BACK)
  expect(second).not.toBe(first)
  const total = milliseconds((await page.getByRole('heading', { name: BACK }).textContent()) ?? '')
  expect(total).toBeGreaterThan(9_000)
})

test('a visitor who finds no warm pod sees the steps of a cold start', async ({ page }, info) => {
  test.skip(
    process.platform !== 'linux',
    'Other visitors need separate local addresses, which only Linux has.',
  )
  const others: OtherVisitor[] = []
  // Before the page's request reaches the API, four other visitors claim the warm pods.
  await page.route('**/api/session', async (route) => {
    if (others.length === 0)
      others.push(
        ...(await Promise.all(
          ['2', '3', '4', '5'].map((n) => claimFrom(`127.9.0.${n}`, info.project.use.baseURL ?? '')),
        )),
      )
    await route.continue()
  })
  await page.goto('/')
  await expect(page.getByRole('heading', { name: 'No warm pod left, so you get a cold one.' })).toBeVisible()
  await expect(page.getByText('scheduled').first()).toBeVisible()
  const pod = await heldPod(page)
  await expect(page.getByText(`${pod} is ready, started for you alone.`).first()).toBeVisible()
  await Promise.all(others.map(({ release }) => release()))
})

test('a reload keeps the pod', async ({ page }) => {
  await page.goto('/')
  const pod = await heldPod(page)
  await page.reload()
  expect(await heldPod(page)).toBe(pod)
})
