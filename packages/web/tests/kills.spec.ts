import type { Page } from '@playwright/test'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { expect, headline, mainButton, podLines, terminate, test, under, visit } from './_util.ts'

/** Returns the first duration in a text, seconds; 0 for `under 1 s`. */
function secondsOf(leg: string): number {
  const [, amount, unit] = /(?<!under [\d.]*)(\d+(?:\.\d+)?) (ms|s)(?![a-z])/.exec(leg) ?? []
  return amount === undefined ? 0 : Number(amount) / (unit === 'ms' ? 1_000 : 1)
}

/** Returns the kills and fail-overs that the page sends from now on, in their order: `kill 1` of epoch 1, `recover`. */
function sentKills(page: Page): string[] {
  const sent: string[] = []
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url())
    if (request.method() === 'DELETE' && pathname.endsWith('/pod'))
      sent.push(`kill ${searchParams.get('epoch')}`)
    if (pathname.endsWith('/recover')) sent.push('recover')
  })
  return sent
}

test('a visitor claims a pod, sees its line, and reads how quickly it came', async ({ page, mock }) => {
  await visit(page, mock)
  await expect(headline(page)).toHaveText(
    `You hold ${mock.held()?.alias}, from a pool of ${LIMITS.target} warm pods. `,
  )
  await expect(under(page)).toContainText(
    /First reply \d+ ms after asking|First reply \d+\.\d\d s after asking/,
  )
  await expect(podLines(page)).toHaveAttribute('d', /M.*L/)
  await expect(podLines(page)).toHaveAttribute('stroke', 'var(--pod-0)')
  await expect(page.getByText(/\d+ of \d+ due pings answered/)).toBeVisible()
  await expect(page.getByRole('button', { name: /^Now \d+(\.\d)? ms$/ })).toBeVisible()
  await expect.poll(() => mock.calls.includes('connected')).toBe(true)
})

for (const how of ['Delete', 'Crash', 'Freeze'] as const) {
  test(`dying by a ${how.toLowerCase()}, a warm pod takes over and the receipt adds up`, async ({
    page,
    mock,
  }) => {
    await visit(page, mock)
    const first = mock.held()?.alias ?? ''
    const sent = sentKills(page)
    await terminate(page, how)
    if (how === 'Freeze') {
      await expect(headline(page)).toContainText(`You terminated ${first}.`)
      await expect(page.locator('.recharts-reference-area-rect').first()).toHaveAttribute(
        'fill',
        'url(#hatch)',
      )
    }
    await expect(headline(page)).toContainText(/Back in .* You hold/)
    // The chart shows the dead pod's name, the duration of the outage, and a second line in another colour.
    const chart = page.locator('.chart')
    await expect(chart.getByText(first)).toBeVisible()
    await expect(chart.getByText(/^down (\d+ ms|\d+\.\d\d s)$/)).toBeVisible()
    await expect(podLines(page)).toHaveCount(2)
    const second = mock.held()?.alias ?? ''
    expect(second).not.toBe(first)
    await expect(headline(page)).toContainText(second)
    const receipt = page.getByRole('region', { name: 'Receipt' })
    await expect(receipt).toContainText(`${first} terminated`)
    await expect(receipt).toContainText(
      {
        Delete: 'sent “terminating”',
        Crash: 'The socket broke',
        Freeze: `${LIMITS.deadAfterPings} pings had to miss their deadline`,
      }[how],
    )
    const legs = await receipt
      .getByRole('list', { name: 'Receipt, leg by leg' })
      .getByRole('listitem')
      .allTextContents()
    expect(legs.map((leg) => leg.split(/ (?:under|\d)/)[0])).toEqual([
      'noticed',
      'claimed',
      'connected',
      'first reply',
    ])
    const sum = legs.reduce((s, leg) => s + secondsOf(leg), 0)
    const total = await receipt
      .getByText('Recovery, click to first reply')
      .locator('xpath=following-sibling::dd')
      .textContent()
    expect(sum).toBeCloseTo(secondsOf(total ?? ''), 6)
    await expect(page.getByText(/Pool refilled after ≈ \d+ s\./).first()).toBeVisible()
    // The focus stayed on the button.
    await expect(mainButton(page)).toBeFocused()
    // The other two timelines of the same death: legs that add up, with ≈ where the browser did not measure.
    for (const [clock, own] of [
      ['Cold start', ['noticed', 'start', 'connected', 'first reply']],
      [
        'Kubernetes recreates the pod',
        ['noticed', 'back-off', 'scheduled', 'network', 'container', 'ready', 'connected', 'first reply'],
      ],
    ] as const) {
      const row = receipt.getByRole('listitem').filter({ hasText: new RegExp(`^${clock}`) })
      await expect(row).toContainText(/≈ [\d.]+ s.*about [\d.]+ × as long/)
      const parts = await receipt
        .getByRole('list', { name: `${clock}, leg by leg` })
        .getByRole('listitem')
        .allTextContents()
      expect(parts.map((part) => part.split(/ (?:≈|under|\d)/)[0])).toEqual(own)
      // The printed legs, rounded to the precision of the total, are the total. In seconds, `toFixed` would round 2.55 down.
      const [, total = ''] = /≈ ([\d.]+) s/.exec((await row.textContent()) ?? '') ?? []
      expect(total).toMatch(clock === 'Cold start' ? /^\d+\.\d$/ : /^\d+$/)
      const sumMs = Math.round(parts.reduce((seconds, part) => seconds + secondsOf(part), 0) * 1_000)
      const unitMs = clock === 'Cold start' ? 100 : 1_000
      expect(Math.round(sumMs / unitMs)).toBe(Math.round((Number(total) * 1_000) / unitMs))
    }
    await expect(
      receipt.getByRole('list', { name: 'Kubernetes recreates the pod, leg by leg' }),
    ).toContainText('back-off ≈ 10 s')
    await page.getByRole('button', { name: 'All your kills, and everyone’s' }).click()
    const compared = page.getByRole('table', { name: 'All your kills, and everyone’s' })
    await expect(
      compared.getByRole('row', { name: /^Kubernetes recreates the pod ≈ .* n = 1/ }),
    ).toBeVisible()
    // They use connections of their own, so the fail-over may arrive first. The epoch says which pod to kill.
    expect(sent).toEqual(['kill 1', 'recover'])
    expect(mock.calls.filter((call) => call === 'kill' || call === 'recover')).toHaveLength(2)
    await expect(mainButton(page)).toContainText('Terminate pod')
  })
}

test('letting Kubernetes heal shows its back-off as a leg of its own', async ({ page, mock }) => {
  // Long enough for a busy machine to show the start.
  Object.assign(mock.cluster.options, { startMs: 2_500, backoffMs: 3_000 })
  await visit(page, mock)
  const uid = mock.held()?.uid
  await terminate(page, 'Crash', 'Wait for Kubernetes')
  await expect(headline(page)).toContainText('Waiting for Kubernetes to recreate')
  await expect(under(page)).toContainText('The Job controller waits 10 s')
  await expect(headline(page)).toContainText('Back in')
  expect(mock.held()?.uid).not.toBe(uid)
  const receipt = page.getByRole('region', { name: 'Receipt' })
  await expect(receipt.getByRole('listitem').filter({ hasText: /^back-off / })).toContainText(
    'Nothing happens in this time',
  )
  await expect(receipt).toContainText('Kubernetes’ own report of it: back-off ≈ 10 s · scheduled')
  await expect(receipt.getByRole('listitem').filter({ hasText: /^Warm fail-over/ })).toContainText('–')
})

test('a visitor who does not want to wait for the heal fails over instead', async ({ page, mock }) => {
  mock.cluster.options.backoffMs = 60_000
  await visit(page, mock)
  await terminate(page, 'Crash', 'Wait for Kubernetes')
  await expect(headline(page)).toContainText('Waiting for Kubernetes to recreate')
  await page.getByRole('button', { name: 'Take a warm pod instead' }).click()
  await expect(headline(page)).toContainText('Back in')
  await expect(page.getByRole('button', { name: 'Take a warm pod instead' })).toHaveCount(0)
  const receipt = page.getByRole('region', { name: 'Receipt' })
  const legs = receipt.getByRole('list', { name: 'Receipt, leg by leg' }).getByRole('listitem')
  await expect(legs).toHaveText([/^noticed/, /^back-off/, /^claimed/, /^connected/, /^first reply/])
  expect(mock.calls.filter((call) => call === 'recover')).toHaveLength(2)
  // The next pod is of another Job, which has not failed yet.
  await page.getByRole('radio', { name: 'Wait for Kubernetes' }).click()
  await expect(page.locator('#kill-options')).toContainText('about 12 s, 10 s of them its own back-off')
})

test('each heal of one Job is announced with twice the back-off', async ({ page, mock }) => {
  await visit(page, mock)
  await terminate(page, 'Crash', 'Wait for Kubernetes')
  await expect(headline(page)).toContainText('Back in')
  await expect(page.locator('#kill-options')).toContainText('about 22 s, 20 s of them its own back-off')
  await page.reload()
  await expect(headline(page)).toHaveText(/^You hold \S+\. $/)
  await expect(under(page)).not.toContainText('First reply')
  await page.getByRole('radio', { name: 'Wait for Kubernetes' }).click()
  await expect(page.locator('#kill-options')).toContainText('about 22 s, 20 s of them its own back-off')
})

test('a reload while Kubernetes heals shows the heal and claims no pod', async ({ page, mock }) => {
  mock.cluster.options.backoffMs = 6_000
  await visit(page, mock)
  await terminate(page, 'Crash', 'Wait for Kubernetes')
  await expect(headline(page)).toContainText('Waiting for Kubernetes to recreate')
  const first = mock.held()?.alias ?? ''
  await page.reload()
  await expect(headline(page)).toContainText(`Waiting for Kubernetes to recreate ${first}`)
  await expect(under(page)).toContainText('The Job controller waits 10 s')
  await expect(headline(page)).toContainText('Back in')
  await expect(page.getByText(/Kubernetes made .* to replace/)).toBeAttached()
  await expect(page.getByText(/Claimed|cold one/)).toHaveCount(0)
  await expectInterrupted(page, first)
})

test('a reload during a fail-over finishes the receipt, and says which numbers are missing', async ({
  page,
  mock,
}) => {
  await visit(page, mock)
  const first = mock.held()?.alias ?? ''
  // The request of the first page is never sent.
  await page.route('**/recover', () => {}, { times: 1 })
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Getting you another pod')
  await page.reload()
  await expect(headline(page)).toContainText(/Back in .* You hold/)
  await expectInterrupted(page, first)
  expect(mock.calls.filter((call) => call === 'recover')).toHaveLength(1)
  // The next receipt is complete, and a reload after it begins no receipt.
  await terminate(page, 'Delete')
  await expect(page.getByRole('region', { name: 'Receipt' })).toContainText('terminated by a delete')
  await expect(page.getByText('The page was reloaded')).toHaveCount(0)
  await page.reload()
  await expect(headline(page)).toHaveText(/^You hold \S+\. $/)
  await expect(page.getByRole('region', { name: 'Receipt' })).toHaveCount(0)
})

async function expectInterrupted(page: Page, died: string): Promise<void> {
  const receipt = page.getByRole('region', { name: 'Receipt' })
  await expect(receipt).toContainText(`${died} terminated`)
  await expect(receipt).toContainText('The page was reloaded or offline meanwhile.')
  const lost = receipt.getByText('Pings due meanwhile, never answered').locator('xpath=following-sibling::dd')
  await expect(lost).toHaveText('–')
}

test('a pod that ends by itself is replaced without a click', async ({ page, mock }) => {
  await visit(page, mock)
  const pod = mock.held()
  mock.cluster.die(pod?.uid ?? '', 'crash')
  await expect(page.getByText(`${pod?.alias} ended by itself.`, { exact: true }).first()).toBeAttached()
  await expect(headline(page)).toContainText('Back in')
  const receipt = page.getByRole('region', { name: 'Receipt' })
  await expect(receipt).toContainText('Recovery, noticed to first reply')
  await expect(receipt).not.toContainText('click')
  expect(mock.calls).not.toContain('kill')
})
