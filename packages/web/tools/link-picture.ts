/**
 * Takes the picture for links to the page (Open Graph, 1200 x 630), of the real page after a kill: `npm start`, then
 * `node packages/web/tools/link-picture.ts http://localhost:4400`. Not of the simulator, because the picture has no label.
 */
import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'

const OUT = fileURLToPath(new URL('../public/link.png', import.meta.url))
/** Enough line before and after the kill to see both. */
const BEFORE_MS = 22_000
const AFTER_MS = 14_000

const url = process.argv[2] ?? 'http://localhost:4400'
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
const page = await browser.newPage({ viewport: { width: 1200, height: 630 }, colorScheme: 'light' })
await page.goto(url)
await page.getByText('You hold').waitFor()
if ((await page.getByRole('complementary', { name: 'Simulation' }).count()) > 0)
  throw new Error(`Expected the real page at ${url}, got the simulator`)
await page.waitForTimeout(BEFORE_MS)
await page.getByRole('radio', { name: 'Freeze' }).click()
await page
  .getByRole('button', { name: /^Terminate/ })
  .first()
  .click()
await page.getByText('Back in').waitFor()
await page.waitForTimeout(AFTER_MS)
await page.evaluate(() => scrollTo(0, 0))
// Away from the numbers, which explain themselves under the pointer.
await page.mouse.move(1, 1)
await page.screenshot({ path: OUT })
await browser.close()
console.log(OUT)
