import { expect, type Page } from '@playwright/test'

const HELD = /^You hold (\w+-\w+)/

/** Waits until the headline says that a pod is held. @returns its alias. @param sentence as it is said, the alias in brackets. */
export async function heldPod(page: Page, sentence = HELD): Promise<string> {
  const headline = page.getByRole('heading', { name: sentence })
  await expect(headline).toBeVisible()
  return sentence.exec((await headline.textContent()) ?? '')?.[1] ?? ''
}

/** The visitor's secret, as the page keeps it for a reload of its tab; undefined before it has one. */
export function secretOf(page: Page): Promise<string | undefined> {
  return page.evaluate(() => Object.values(sessionStorage).find((value) => /^[\w-]{43}$/.test(value)))
}
