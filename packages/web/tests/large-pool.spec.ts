/** Pools of 40 and 400 slots in the panel, and of 6 slots with the reason for that size. */
import type { Page } from '@playwright/test'
import { expectAccessible } from './_axe.ts'
import { expectToFit } from './_layout.ts'
import { expect, headline, test, unfold, visit } from './_util.ts'

// Each test checks the page many times, on a machine that may be busy. The limit is only for a hang.
test.describe.configure({ timeout: 180_000 })

const SIZES = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
]
const panel = (page: Page) => page.locator('#pool')
const choice = (page: Page) => page.getByRole('slider', { name: /^Slot, 1 to/ })

for (const target of [40, 400]) {
  test.describe(() => {
    test.use({ options: { target, cap: target + 12, startMs: 2_500 } })

    test(`a pool of ${target} slots is a grid with one tab stop and a label for each slot`, async ({
      page,
      mock,
    }, info) => {
      await visit(page, mock)
      await expect(headline(page)).toContainText(`from a pool of ${target} warm pods.`)
      const states = panel(page).getByRole('list', { name: 'Slots by state' })
      await expect(states).toContainText(`${target} warm`)
      await expect(panel(page)).toContainText(`${target} of ${target} warm`)
      await expect(page.locator('[data-target]').first()).toHaveText(`${target}`)

      // The keyboard: one stop, steps to the sides, and rows up and down.
      await choice(page).focus()
      await expect(choice(page)).toHaveAttribute('aria-valuetext', new RegExp(`^Slot 1 of ${target}: warm, `))
      await page.keyboard.press('ArrowRight')
      await expect(choice(page)).toHaveAttribute('aria-valuetext', /^Slot 2 of /)
      await page.keyboard.press('ArrowDown')
      const below = Number(await choice(page).inputValue())
      expect(below).toBeGreaterThan(10)
      await page.keyboard.press('ArrowUp')
      await expect(choice(page)).toHaveValue('1')
      await page.keyboard.press('End')
      await expect(choice(page)).toHaveAttribute('aria-valuetext', new RegExp(`^Slot ${target} of`))
      await page.keyboard.press('Tab')
      await expect(choice(page)).not.toBeFocused()

      // The pointer: each square chooses its slot, whose row shows the pod.
      await panel(page).locator('[data-index="4"]').click()
      await expect(panel(page)).toContainText('Slot 5')
      const row = panel(page).getByRole('button', { expanded: false }).last()
      await row.click()
      await expect(panel(page)).toContainText('UID')

      // Another visitor takes a pod. The counts follow.
      mock.cluster.options.startMs = 60_000
      mock.cluster.takeWarm()
      await expect(states).toContainText(`${target - 1} warm`)
      await expect(panel(page)).toContainText(`${target - 1} of ${target} warm`)

      await expect(page.getByRole('tabpanel')).toBeVisible()
      if (target === 40) await expectAccessible(page, `a pool of ${target}`, info)
      for (const size of SIZES) {
        await page.setViewportSize(size)
        await expectToFit(page, `a pool of ${target}`)
        await page.screenshot({ path: info.outputPath(`${target}-${size.width}.png`), fullPage: true })
      }
    })
  })
}

test.describe(() => {
  const explanation = '6 slots, because 3 visitors a minute and 40 s starts would leave 5 short.'
  const sizing = {
    floor: 4,
    max: 8,
    warmShareGoal: 0.98,
    arrivalsPerMinute: 3,
    startMs: 40_000,
    reason: 'arrivals',
    neededAt: '2026-11-28T12:00:00.000Z',
    explanation,
  }
  test.use({ options: { target: 6, sizing } })

  test('a pool that follows its arrivals has rows, and states why it has that size', async ({
    page,
    mock,
  }) => {
    await visit(page, mock)
    await expect(panel(page)).toContainText(explanation)
    await expect(panel(page).getByRole('listitem')).toHaveCount(7)
    await expect(page.locator('[data-target]').first()).toHaveText('six')
    await page.getByRole('tab', { name: 'Components' }).click()
    await unfold(page)
    await expect(page.getByText('The pool is 6 rows.')).toBeVisible()
  })
})
