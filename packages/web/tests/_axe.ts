import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, type TestInfo } from '@playwright/test'

/**
 * Expects that axe finds nothing in a state, in both themes, and that no animation runs. All rules of axe run,
 * including best practices. `SCREENSHOTS=1` takes a screenshot of each theme.
 */
export async function expectAccessible(page: Page, state: string, info: TestInfo): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    // With reduced motion the colours of the other theme apply at once, without a transition.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await expect(page.locator('html')).toHaveClass(colorScheme === 'dark' ? 'dark' : '')
    // Only violations are reported: collecting what passed takes most of the time on a large page.
    const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze()
    const found = violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, any }) => `${id}: ${help}: ${target.join(' ')} ${any[0]?.message ?? ''}`),
    )
    expect.soft(found, `${state}, ${colorScheme}`).toEqual([])
    expect.soft(await page.evaluate(() => document.getAnimations().length), state).toBe(0)
    if (process.env.SCREENSHOTS)
      await page.screenshot({ path: info.outputPath(`${state}-${colorScheme}.png`), fullPage: true })
  }
}
