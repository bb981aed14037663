import { expect, headline, mainButton, terminate, test, under, visit } from './_util.ts'

/** A desk, a phone, and 1280 px at 400 % zoom (WCAG 1.4.10). */
const WIDTHS = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
  { width: 320, height: 640 },
] as const

test('with no warm pod left it shows a cold start, step by step', async ({ page, mock }) => {
  while (mock.cluster.takeWarm()) {}
  // The start reaches "scheduled" and stays there until the test has seen it.
  mock.cluster.options.startMs = 5_000_000
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('No warm pod left, so you get a cold one.')
  await expect(under(page)).toContainText('✓ created · scheduling')
  mock.cluster.options.startMs = 500
  await expect(headline(page)).toContainText('started for you alone')
})

test('a cancelled cold start releases its session', async ({ page, mock }) => {
  while (mock.cluster.takeWarm()) {}
  mock.cluster.options.startMs = 60_000
  await page.goto(mock.url)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(headline(page)).toContainText('A pod is waiting for you.')
  await expect.poll(() => mock.calls.includes('release')).toBe(true)
  await expect(mainButton(page)).toHaveText('Get a pod')
})

test('at capacity the page says so, and takes the next free pod', async ({ page, mock }) => {
  mock.trouble('claim', { fault: 'capacity', retryAfterMs: 5_000 })
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('Every pod we may run is in use.')
  await expect(under(page)).toContainText(/Trying again in \d s/)
  await expect(headline(page)).toContainText('You hold')
})

test('a claim that the API cannot serve shows the cause, in the words of the failing service', async ({
  page,
  mock,
}) => {
  const message = 'Kubernetes: jobs.batch is forbidden'
  mock.trouble('claim', { fault: 'unavailable', message })
  const { promise: seen, resolve: goOn } = Promise.withResolvers<void>()
  let tries = 0
  await page.route('**/api/session', async (route) => {
    if (++tries > 1) await seen
    await route.continue()
  })
  await page.goto(mock.url)
  await expect(under(page)).toContainText(`The API answered: ${message}. This is try 2.`)
  await expect(page.locator('#log')).toContainText(`The API answered: ${message}. Trying again.`)
  goOn()
  await expect(headline(page)).toContainText('You hold')
  await expect(under(page)).not.toContainText(message)
})

test('a claim that the API never serves ends with the cause, the request id, and a button', async ({
  page,
  mock,
}) => {
  const trouble = {
    fault: 'unavailable',
    message: 'DynamoDB: no such table: Pool.',
    retryAfterMs: 1,
  } as const
  mock.trouble('claim', ...Array.from({ length: 6 }, () => trouble))
  // Without the pauses of the back-off.
  await page.addInitScript(() => {
    Math.random = () => 0
  })
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('This demo is down.')
  await expect(under(page)).toContainText('DynamoDB: no such table: Pool.')
  await expect(under(page)).toContainText('r-7f3a')
  await mainButton(page).click()
  await expect(headline(page)).toContainText('You hold')
})

test('over the rate limit the page counts down with a disabled button', async ({ page, mock }) => {
  mock.trouble('claim', { fault: 'too_many_claims', retryAfterMs: 5_000 })
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('Your network took too many pods.')
  await expect(under(page)).toContainText(/You can get another in \d s/)
  await expect(mainButton(page)).toHaveAttribute('aria-disabled', 'true')
  await expect(headline(page)).toContainText('You hold')
})

test('at the limit of pods of one network the countdown shows the longest wait', async ({ page, mock }) => {
  mock.trouble('claim', { fault: 'too_many_sessions', retryAfterMs: 5_000 })
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('Your network already holds')
  await expect(under(page)).toContainText(/You can get another in at most \d s/)
  await expect(headline(page)).toContainText('You hold')
})

test('an error without a retry shows the request id and the last success', async ({ page, mock }) => {
  mock.trouble('claim', { fault: 'bad_body' })
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('This demo is down.')
  await expect(under(page)).toContainText('r-7f3a')
  await mainButton(page).click()
  await expect(headline(page)).toContainText('You hold')
})

test('when nothing answers the page says so, retries, and gets a pod', async ({ page, mock }) => {
  mock.unplugged = true
  await page.goto(mock.url)
  await expect(page.getByText('The demo does not answer; trying again.').first()).toBeAttached()
  mock.unplugged = false
  await expect(headline(page)).toContainText('You hold')
})

test('the page shows offline at once, and reconnects to the same pod', async ({ page, mock, context }) => {
  await visit(page, mock)
  const alias = mock.held()?.alias ?? ''
  const pool = page.locator('#pool')
  await expect(pool).toContainText(/\d of 4 warm.*[Cc]hecked by refill \d+ s ago/)
  // The chunk with the age of the pool is requested with the first pong.
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name }) => name.includes('/pool-notes')),
  )
  await context.setOffline(true)
  await expect(headline(page)).toHaveText('You are offline. ')
  await expect(pool).toContainText(/This is the pool of \d+ s ago\./)
  await expect(pool).toContainText(/was warm/)
  await expect(pool).toContainText('– of 4 warm')
  await expect(pool).not.toContainText(/checked/i)
  await context.setOffline(false)
  await expect(headline(page)).toContainText(`You hold ${alias}`)
  await expect(pool).toContainText(/checked/i)
})

test('offline before a chunk has come, the page says so without it', async ({ page, mock, context }) => {
  await page.route(/pool-notes|wait-help/, (route) => route.abort())
  await visit(page, mock)
  // The page reads the pool and loads its other chunks after the first pong.
  await expect(page.locator('#pool')).toContainText('yours')
  await expect(page.locator('#log')).toContainText('Connected to')
  await expect(page.getByRole('radio').first()).toBeVisible()
  await context.setOffline(true)
  await expect(headline(page)).toHaveText('You are offline. ')
  await expect(page.locator('#pool')).toContainText('No answer from the API: the pool as it was.')
  await expect(page.locator('#pool')).toContainText(/was warm/)
})

test('a silent network outage is not taken for the death of the pod', async ({ page, mock }) => {
  await visit(page, mock)
  const alias = mock.held()?.alias ?? ''
  mock.unplugged = true
  await expect(headline(page)).toContainText('The demo does not answer.')
  // The last round trip is not current, and one line of the log stands for all retries.
  await expect(page.getByRole('button', { name: /^Now –/ })).toBeVisible()
  const tries = mock.attempts
  await expect.poll(() => mock.attempts).toBeGreaterThan(tries + 2)
  await expect(page.locator('#log').getByText('The demo does not answer; trying again.')).toHaveCount(1)
  mock.unplugged = false
  await expect(headline(page)).toContainText(`You hold ${alias}`)
  await expect(page.getByText(/The network was down for \d+ s\./)).toBeAttached()
  await expect(page.getByRole('region', { name: 'Receipt' })).toHaveCount(0)
  expect(mock.calls).not.toContain('recover')
})

test("the page loads the probe's script again when it failed at first", async ({ page, mock }) => {
  let tries = 0
  await page.context().route('**/probe.worker*', (route) => (++tries <= 2 ? route.abort() : route.continue()))
  await visit(page, mock)
  expect(tries).toBe(3)
})

test("the page loads the simulator's script again when it failed at first", async ({ page, mock }) => {
  let tries = 0
  await page
    .context()
    .route('**/simulator.worker*', (route) => (++tries <= 2 ? route.abort() : route.continue()))
  await page.goto(`${mock.url}/?sim=7`)
  await expect(headline(page)).toContainText('You hold')
  expect(tries).toBe(3)
})

test('the page shows claiming and connecting, and retries a pod that accepts but does not answer', async ({
  page,
  mock,
}) => {
  const { promise: asked, resolve: answer } = Promise.withResolvers<void>()
  await page.route('**/api/session', async (route) => {
    await asked
    await route.continue()
  })
  mock.mute = true
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('Claiming a pod…')
  await expect(mainButton(page)).toHaveAttribute('aria-disabled', 'true')
  answer()
  await expect(headline(page)).toContainText(/Connecting to \S+…/)
  await expect(under(page)).toContainText('It did not answer in time. This is try 2.')
  mock.mute = false
  await expect(headline(page)).toContainText('You hold')
})

test('the page shows that a pod is slow, and that it has recovered', async ({ page, mock }) => {
  test.setTimeout(120_000)
  await visit(page, mock)
  // The page needs the best median of the pod first.
  await expect(page.getByRole('button', { name: /^Unanswered \d/ })).toBeVisible()
  mock.cluster.options.lagMs = 500
  await expect(headline(page)).toContainText('is answering slowly.')
  await expect(under(page)).toContainText(/^p95 \d+ ms\. Your network may be the cause/)
  mock.cluster.options.lagMs = 0
  await expect(headline(page)).toContainText('You hold', { timeout: 60_000 })
})

test('a screen reader gets events only, one in four seconds, over two kills', async ({ page, mock }) => {
  await page.addInitScript(() => {
    const heard: { atMs: number; text: string }[] = []
    Object.assign(window, { heard })
    document.addEventListener('DOMContentLoaded', () => {
      const region = document.getElementById('announcer')
      const note = () => heard.push({ atMs: performance.now(), text: region?.textContent ?? '' })
      if (region)
        new MutationObserver(note).observe(region, { childList: true, characterData: true, subtree: true })
    })
  })
  await visit(page, mock)
  for (const how of ['Crash', 'Delete'] as const) {
    const before = mock.held()?.uid
    await terminate(page, how)
    await expect.poll(() => mock.held()?.uid).not.toBe(before)
    await expect(headline(page)).toContainText('Back in')
  }
  const heard = (): Promise<{ atMs: number; text: string }[]> =>
    page.evaluate(() => Reflect.get(window, 'heard'))
  await expect.poll(async () => (await heard()).length).toBeGreaterThan(4)
  for (const [i, { atMs, text }] of (await heard()).entries()) {
    expect(text).toMatch(
      /^(Claimed|Connected to|Terminated|Pool refilled|Kubernetes recreated|\S+ is answering|Noticed after)/,
    )
    // The time is taken in the document, on a busy machine some milliseconds after the timer.
    expect(atMs - ((await heard())[i - 1]?.atMs ?? -4_000)).toBeGreaterThanOrEqual(3_900)
  }
})

test('a reload finds the same pod', async ({ page, mock }) => {
  await visit(page, mock)
  const alias = mock.held()?.alias ?? ''
  await page.reload()
  await expect(headline(page)).toContainText(`You hold ${alias}`)
  expect(mock.cluster.sessions().length).toBe(1)
})

test('a second tab claims another pod', async ({ page, mock, context }) => {
  await visit(page, mock)
  const other = await context.newPage()
  await visit(other, mock)
  expect(await headline(other).textContent()).not.toBe(await headline(page).textContent())
})

test('a page takes back a socket that another tab took over only on request', async ({ page, mock }) => {
  await visit(page, mock)
  mock.closeSocket(4002)
  await expect(headline(page)).toContainText('Your pod is open in another tab.')
  expect(mock.calls).not.toContain('recover')
  const alias = mock.held()?.alias
  await page.getByRole('button', { name: 'Use it here' }).click()
  await expect(headline(page)).toContainText(`You hold ${alias}`)
  expect(mock.cluster.sessions().length).toBe(1)
  mock.closeSocket(4002)
  await expect(headline(page)).toContainText('Your pod is open in another tab.')
  await mainButton(page).click()
  await expect(headline(page)).toContainText('You hold')
  expect(mock.cluster.sessions().length).toBe(2)
})

test('a session that ended on the server starts again', async ({ page, mock }) => {
  await visit(page, mock)
  for (const { id } of mock.cluster.sessions()) mock.cluster.call({ name: 'release', session: id })
  mock.closeSocket(4006)
  await expect(page.getByText('The session had ended; a new one begins.')).toBeAttached()
  await expect(headline(page)).toContainText('You hold')
})

test('the page accepts a newer epoch of its session', async ({ page, mock }) => {
  await visit(page, mock)
  mock.trouble('recover', { fault: 'old_epoch' })
  const [before] = mock.cluster.sessions()
  const body = { epoch: 1, how: 'failover' } as const
  mock.cluster.call({ name: 'recover', session: before?.id ?? '', body })
  const [after] = mock.cluster.sessions()
  expect(after?.pod?.uid).not.toBe(before?.pod?.uid)
  mock.cluster.die(before?.pod?.uid ?? '', 'crash')
  await expect(headline(page)).toContainText(after?.pod?.alias ?? 'no pod')
})

test.describe('with a short lease', () => {
  test.use({ options: { leaseMs: 35_000, startMs: 300 } })

  test('the page asks before the pod is released, and keeps it on request', async ({ page, mock }) => {
    await visit(page, mock)
    await expect(headline(page)).toContainText(/Your pod ends in 0:\d\d/)
    mock.cluster.options.leaseMs = 300_000
    await mainButton(page).click()
    await expect(headline(page)).toContainText('You hold')
    expect(mock.calls).toContain('extend')
  })
})

test('a tab hidden for two minutes releases its pod, and claims again when visible', async ({
  page,
  mock,
}) => {
  await page.clock.install()
  await visit(page, mock)
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await page.clock.fastForward(119_000)
  expect(mock.calls).not.toContain('release')
  await page.clock.fastForward(2_000)
  await expect(headline(page)).toContainText('Your pod ended while you were away.')
  await expect.poll(() => mock.calls.includes('release')).toBe(true)
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await expect(headline(page)).toContainText('You hold')
})

test('a hidden tab claims nothing', async ({ page, mock }) => {
  await page.addInitScript(() =>
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true }),
  )
  await page.goto(mock.url)
  await expect(headline(page)).toHaveText('A pod is waiting for you. ')
  await expect(mainButton(page)).toHaveText('Get a pod')
  expect(mock.calls).toEqual([])
  await mainButton(page).click()
  await expect(headline(page)).toContainText('You hold')
})

test('keys work only inside the instrument; pause stops the numbers; the table has the same numbers', async ({
  page,
  mock,
}) => {
  await visit(page, mock)
  await page.keyboard.press('k')
  await expect(headline(page)).toContainText('You hold')
  await page.getByText('Show as a table').click()
  await expect(page.getByRole('row', { name: /^5 to 0/ })).toContainText('ms')
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(headline(page)).toContainText('Paused.')
  const frozen = await page.getByRole('row', { name: /^5 to 0/ }).textContent()
  await expect.poll(() => mock.calls.filter((call) => call === 'pool').length).toBeGreaterThan(1)
  expect(await page.getByRole('row', { name: /^5 to 0/ }).textContent()).toBe(frozen)
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect(headline(page)).not.toContainText('Paused.')
  const button = page.getByRole('button', { name: /^Terminate/ })
  await expect(button).toHaveAttribute('aria-disabled', 'false')
  await button.focus()
  await page.keyboard.press('?')
  await expect(page.getByText('walk the points of the chart')).toBeVisible()
  await page.keyboard.press('k')
  await expect(headline(page)).toContainText('Back in')
  await expect(page.locator('#announcer')).toContainText(/Connected to|Terminated/)
})

test('without JavaScript the page shows its title and text', async ({ browser, mock }) => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(mock.url)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Warm pods')
  await expect(page.getByRole('heading', { name: 'How this works' })).toBeVisible()
  expect(await page.content()).toContain('needs JavaScript')
  await context.close()
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`fits and stands still at every width, ${colorScheme}`, async ({ browser, mock }, info) => {
    const context = await browser.newContext({ viewport: WIDTHS[0], colorScheme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    await visit(page, mock)
    await terminate(page, 'Crash')
    await expect(headline(page)).toContainText('Back in')
    await expect(page.getByRole('list', { name: 'Kubernetes recreates the pod, leg by leg' })).toBeVisible()
    for (const size of WIDTHS) {
      await page.setViewportSize(size)
      const options = page.getByRole('button', { name: /^How:/ })
      if (size.width < 1024) await expect(options).toBeVisible()
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overflow).toBeLessThanOrEqual(0)
      // A fixed bar does not widen the page, so each of its buttons is checked.
      for (const button of await page.getByRole('region', { name: 'Instrument' }).getByRole('button').all()) {
        const box = await button.boundingBox()
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(size.width)
      }
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
      await page.screenshot({ path: info.outputPath(`${size.width}-${colorScheme}.png`), fullPage: true })
    }
    await context.close()
  })
