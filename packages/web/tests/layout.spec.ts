import type { Page } from '@playwright/test'
import { expectToFit, SIZES } from './_layout.ts'
import {
  expect,
  headline,
  mainButton,
  openRecorded,
  podLines,
  simulate,
  terminate,
  test,
  unfold,
  visit,
} from './_util.ts'

// Each test checks the page many times, on a machine that may be busy. The limit is only for a hang.
test.describe.configure({ timeout: 180_000 })

/** The most px that the page may be high at a width of 1280 px, before and after the first kill. */
const HIGHEST = { before: 1_600, after: 2_400 }
const heightOf = (page: Page) => page.evaluate(() => document.documentElement.scrollHeight)

test('fits every width, with targets of 44 px, with everything unfolded', async ({ page, mock }, info) => {
  await visit(page, mock)
  await expect(page.getByRole('tabpanel')).toBeVisible()
  expect(await heightOf(page)).toBeLessThanOrEqual(HIGHEST.before)
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  await expect(page.getByRole('list', { name: 'Kubernetes recreates the pod, leg by leg' })).toBeVisible()
  expect(await heightOf(page)).toBeLessThanOrEqual(HIGHEST.after)
  // Everything that a visitor needs at first is on the first screen of a phone, browser bars subtracted.
  await page.setViewportSize({ width: 390, height: 664 })
  await page.evaluate(() => scrollTo(0, 0))
  for (const part of [
    page.getByText('You get a live server of your own'),
    headline(page),
    page.getByText('4 of 4 warm').first(),
    page.getByRole('button', { name: /^Now/ }),
    mainButton(page),
  ])
    await expect(part).toBeInViewport({ ratio: 1 })
  await page.setViewportSize(SIZES[0])
  await unfold(page)
  await page.getByRole('button', { name: /^Unanswered/ }).click()
  for (const size of SIZES) {
    await page.setViewportSize(size)
    const options = page.getByRole('button', { name: /^How:/ })
    if (size.width < 1024 && (await options.getAttribute('aria-expanded')) === 'false') await options.click()
    await expectToFit(page, 'a visit')
    await page.screenshot({ path: info.outputPath(`unfolded-${size.width}.png`), fullPage: true })
    await page.getByRole('button', { name: 'Verify' }).click()
    const drawer = page.getByRole('dialog')
    await drawer.locator('summary').first().click()
    await expectToFit(page, 'the drawer')
    await page.screenshot({ path: info.outputPath(`drawer-${size.width}.png`) })
    await page.keyboard.press('Escape')
  }
})

test('the simulator and a recording fit every width, with targets of 44 px', async ({
  page,
  mock,
  context,
}, info) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await simulate(page, mock)
  for (const size of SIZES) {
    await page.setViewportSize(size)
    await expectToFit(page, 'the simulator')
    await page.screenshot({ path: info.outputPath(`simulator-${size.width}.png`), fullPage: true })
  }
  await page.setViewportSize(SIZES[0])
  await openRecorded(page)
  await page.getByRole('button', { name: 'Skip to the end' }).click()
  for (const size of SIZES) {
    await page.setViewportSize(size)
    await expectToFit(page, 'a recording')
    await page.screenshot({ path: info.outputPath(`recorded-${size.width}.png`), fullPage: true })
  }
})

test('prints light and without controls; a contrast theme keeps every state distinct', async ({
  page,
  mock,
}, info) => {
  await page.emulateMedia({ colorScheme: 'dark' })
  await visit(page, mock)
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  const receipt = page.getByRole('region', { name: 'Receipt' })
  await expect(receipt).toBeVisible()

  await page.emulateMedia({ colorScheme: 'dark', media: 'print' })
  await page.setViewportSize({ width: 720, height: 1_000 })
  await expect(mainButton(page)).toBeHidden()
  await expect(page.getByRole('button', { name: 'Pause' })).toBeHidden()
  await expect(page.getByRole('button', { name: 'Share this recording' })).toBeHidden()
  await expect(receipt).toBeVisible()
  expect(await page.evaluate(brightness)).toMatchObject({ paper: true, ink: true, floating: [] })
  await page.screenshot({ path: info.outputPath('paper.png'), fullPage: true })
  await page.pdf({ path: info.outputPath('visit.pdf'), format: 'A4' })

  await page.setViewportSize(SIZES[0])
  await page.emulateMedia({ media: null, forcedColors: 'active' })
  const background = (name: string) =>
    page.getByRole('radio', { name }).evaluate((radio) => getComputedStyle(radio).backgroundColor)
  expect(await background('Crash')).not.toBe(await background('Delete'))
  const told = receipt.locator('.leg-hatched').first()
  expect(await told.evaluate((leg) => getComputedStyle(leg).backgroundImage)).toContain('gradient')
  await expect(mainButton(page)).toHaveCSS('border-top-width', '1px')
  const line = podLines(page).first()
  const stroke = await line.evaluate((path) => getComputedStyle(path).stroke)
  const behind = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  expect(stroke).not.toBe(behind)
  await page.screenshot({ path: info.outputPath('contrast-theme.png'), fullPage: true })
})

/** Returns whether the background is light and the text dark, and the elements that float. Runs in the page. */
function brightness(): { paper: boolean; ink: boolean; floating: string[] } {
  const light = (color: string) => {
    const [r = 0, g = 0, b = 0] = color.match(/[\d.]+/g)?.map(Number) ?? []
    return (r * 299 + g * 587 + b * 114) / 1_000 > 128
  }
  const { backgroundColor, color } = getComputedStyle(document.documentElement)
  const floating = [...document.querySelectorAll('*')].filter(
    (element) => element.checkVisibility() && /fixed|sticky/.test(getComputedStyle(element).position),
  )
  return {
    paper: light(backgroundColor),
    ink: !light(color),
    floating: floating.map(({ tagName }) => tagName),
  }
}
