import { handsOff, tabTo } from './_keys.ts'
import { expect, headline, mainButton, test, visit } from './_util.ts'

// Each test checks the page many times, on a machine that may be busy. The limit is only for a hang.
test.describe.configure({ timeout: 180_000 })

test.use({ options: { leaseMs: 35_000, startMs: 300 }, permissions: ['clipboard-read', 'clipboard-write'] })

test('the whole visit works by keyboard: keep, choose, terminate, read, share', async ({ page, mock }) => {
  await visit(page, mock)
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the live graph' })).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: /^Now/ })).toBeFocused()

  await expect(page.locator('.recharts-surface')).toBeVisible()
  // The numbers are one stop, with arrow keys between them, and the chart is another.
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('button', { name: /^Median/ })).toBeFocused()
  await expect(page.getByRole('tooltip')).toContainText('Half of the answered pings')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('tooltip')).toHaveCount(0)
  await page.keyboard.press('Tab')
  await expect(page.locator('.recharts-surface')).toBeFocused()
  const main = mainButton(page)
  await page.keyboard.press('Tab')
  await expect(main).toBeFocused()
  expect(await handsOff(page, () => expect(headline(page)).toContainText('Your pod ends in'))).toBe(0)
  mock.cluster.options.leaseMs = 300_000
  await page.keyboard.press('Enter')
  await expect(headline(page)).toContainText('You hold')

  await tabTo(page, page.getByRole('radio', { name: 'Delete' }))
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('radio', { name: 'Crash' })).toBeChecked()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('radio', { name: 'Take a warm pod' })).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  await expect(main).toBeFocused()
  await expect(main).toHaveAttribute('aria-disabled', 'false')
  await page.keyboard.press('Enter')
  expect(await handsOff(page, () => expect(headline(page)).toContainText('Back in'))).toBe(0)
  await expect(main).toBeFocused()

  await tabTo(page, page.getByRole('button', { name: 'Share this recording' }))
  await page.keyboard.press('Enter')
  await expect(page.getByText('The link is copied.')).toBeVisible()
  await tabTo(page, page.getByRole('button', { name: 'Why each leg took that long' }))
  await page.keyboard.press('Enter')
  await expect(page.getByText('A new WebSocket through the gateway to the next pod.').last()).toBeVisible()
  await tabTo(page, page.getByRole('tab', { name: 'The system' }))
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('tabpanel', { name: 'Your claim' })).toBeVisible()
})

test('K, Space, E, ? and the arrows work while the focus is in the instrument, and nowhere else', async ({
  page,
  mock,
}) => {
  mock.cluster.options.leaseMs = 300_000
  await visit(page, mock)
  const pause = page.getByRole('button', { name: /^(Pause|Resume)/ })
  await tabTo(page, pause)
  for (const key of ['k', '?', 'e']) await page.keyboard.press(key)
  await expect(page.getByText('walk the points of the chart')).toHaveCount(0)

  // The chart is paused while it has the focus, so that arrow keys can walk its points.
  await expect(page.getByRole('button', { name: /^Median \d/ })).toBeVisible()
  // Recharts starts at the oldest point.
  await tabTo(page, page.locator('.recharts-surface'))
  await expect(headline(page)).toContainText('Paused.')
  const tip = page.locator('.recharts-tooltip-wrapper')
  // An unanswered ping is a point of the chart too, but has no round trip to show.
  const walk = () =>
    expect(async () => {
      await page.keyboard.press('ArrowRight')
      await expect(tip).toContainText(/ms .* ago/, { timeout: 1_000 })
    }).toPass({ timeout: 20_000 })
  await walk()
  const before = await tip.textContent()
  await walk()
  await expect(tip).not.toHaveText(before ?? '')
  await page.keyboard.press('Space')
  await expect(headline(page)).not.toContainText('Paused.')
  await page.keyboard.press('Space')
  await expect(headline(page)).toContainText('Paused.')
  await page.keyboard.press('Space')

  await page.keyboard.press('?')
  await expect(page.getByText('walk the points of the chart')).toBeVisible()
  const saved = page.waitForEvent('download')
  await page.keyboard.press('e')
  expect((await saved).suggestedFilename()).toMatch(/^warm-pods-.*\.json$/)
  await expect(page.getByText(/^Saved \d+ samples/)).toBeVisible()
  await expect(mainButton(page)).toHaveAttribute('aria-disabled', 'false')
  expect(mock.calls).not.toContain('kill')
  await page.keyboard.press('k')
  expect(await handsOff(page, () => expect(headline(page)).toContainText('Back in'))).toBe(0)
})
