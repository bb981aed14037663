import { expect, type Page } from '@playwright/test'

const HELD = /^You hold (\w+-\w+)/

/**
 * Waits for the headline that names the visitor's pod.
 * @param headlineText with the alias as its first group.
 * @returns the alias.
 */
export async function heldPod(page: Page, headlineText = HELD): Promise<string> {
  const headline = page.getByRole('heading', { name: headlineText })
  await expect(headline).toBeVisible()
  return headlineText.exec((await headline.textContent()) ?? '')?.[1] ?? ''
}

/** @returns the visitor's secret from the page's session storage; undefined before the page has one. */
export function secretOf(page: Page): Promise<string | undefined> {
  return page.evaluate(() => Object.values(sessionStorage).find((value) => /^[\w-]{43}$/.test(value)))
}
