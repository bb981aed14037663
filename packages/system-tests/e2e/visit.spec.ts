import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { expect, type Page, test } from '@playwright/test'
import { heldPod, secretOf } from './_visitor.ts'

/** What a person does and reads; nothing here looks inside. */
const BACK = /Back in [\d.]+\sm?s\. You hold (\w+-\w+)\./

/** One address may hold three sessions: each test gives its own back, as a visitor who stays on the page would. */
test.afterEach(async ({ page, request }) => {
  const secret = await secretOf(page).catch(() => undefined)
  if (!secret) return
  // The page first: one that loses its pod takes another.
  await page.close()
  const headers = { authorization: `Bearer ${secret}` }
  const session = await (await request.post('/api/session', { headers })).json()
  if (session.id) await request.delete(`/api/session/${session.id}`, { headers })
})

interface Other {
  release(): Promise<unknown>
}

/** Another visitor, without a page: one address may take only so many. */
async function claimFrom(localAddress: string, baseURL: string): Promise<Other> {
  const authorization = `Bearer ${randomBytes(32).toString('base64url')}`
  const call = (method: string, path: string): Promise<{ id: string }> => {
    const { promise, resolve, reject } = Promise.withResolvers<{ id: string }>()
    const url = new URL(`/api${path}`, baseURL)
    const asked = httpRequest(
      {
        host: '127.0.0.1',
        port: url.port,
        path: url.pathname,
        method,
        localAddress,
        headers: { authorization },
      },
      async (answer) => {
        let said = ''
        for await (const chunk of answer) said += chunk
        resolve(said === '' ? { id: '' } : JSON.parse(said))
      },
    )
    asked.once('error', reject)
    asked.end()
    return promise
  }
  const { id } = await call('POST', '/session')
  return { release: () => call('DELETE', `/session/${id}`) }
}

async function terminate(page: Page, how: string, then: string): Promise<void> {
  await page.getByRole('radio', { name: how }).click()
  await page.getByRole('radio', { name: then }).click()
  const button = page.getByRole('button', { name: /^Terminate/ })
  await expect(button).toBeEnabled()
  await button.click()
}

/** "told 0.20 s" and so on, as the receipt prints them, in ms. */
function milliseconds(text: string): number {
  const [, number = '', unit] = /([\d.]+)\s(ms|s)/.exec(text) ?? []
  return Number(number) * (unit === 's' ? 1000 : 1)
}

test('a visitor holds a pod within moments and sees its line', async ({ page }) => {
  await page.goto('/')
  const pod = await heldPod(page)
  await expect(page.getByText(`Claimed ${pod}, taken warm.`).first()).toBeVisible()
  await expect(page.getByText(/^[1-9]\d* of \d+ pings sent were answered$/)).toBeVisible()
  await expect(page.getByText('4 warm + yours')).toBeVisible()
})

for (const how of ['politely', 'crash', 'freeze']) {
  test(`a pod that dies (${how}) is replaced by a warm one, and the legs add up`, async ({ page }) => {
    await page.goto('/')
    const first = await heldPod(page)
    await terminate(page, how, 'fail over')
    const second = await heldPod(page, BACK)
    expect(second).not.toBe(first)
    const under = await page.getByRole('paragraph').filter({ hasText: 'first pong' }).first().textContent()
    const legs = (under ?? '').split('·').map(milliseconds)
    expect(legs).toHaveLength(4)
    const total = milliseconds((await page.getByRole('heading', { name: BACK }).textContent()) ?? '')
    // Three significant digits are printed: the sum is right to what rounding leaves.
    expect(Math.abs(legs.reduce((a, b) => a + b, 0) - total)).toBeLessThanOrEqual(20)
    await expect(page.getByText(/^Pool refilled after ≈ /).first()).toBeVisible()
  })
}

test('Kubernetes heals a pod that the visitor lets it heal, and its back-off is a leg of its own', async ({
  page,
}) => {
  await page.goto('/')
  const first = await heldPod(page)
  await terminate(page, 'politely', 'let Kubernetes heal')
  await expect(page.getByText(/back-off/i).first()).toBeVisible()
  const second = await heldPod(page, BACK)
  expect(second).not.toBe(first)
  const total = milliseconds((await page.getByRole('heading', { name: BACK }).textContent()) ?? '')
  expect(total).toBeGreaterThan(9_000)
})

test('who finds no warm pod gets a cold one, and sees how far it is', async ({ page }, info) => {
  test.skip(process.platform !== 'linux', 'Other visitors need addresses of their own on this machine.')
  const others: Other[] = []
  // In the moment between the page's question and its answer four others take the warm ones.
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
