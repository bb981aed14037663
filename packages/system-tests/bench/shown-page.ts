/** What the benchmarks in Chromium read from the page, and how they leave it. */
import type { Page } from '@playwright/test'
import * as v from 'valibot'
import { SITE } from './bench-system.ts'

/** Parses "1.25 s" or "46 ms". @returns milliseconds. */
export function milliseconds(text: string): number {
  const [, number = '', unit] = /([\d.]+)\s(ms|s)\b/.exec(text) ?? []
  return Number(number) * (unit === 's' ? 1_000 : 1)
}

/** Releases the session at `site` with the page's secret. Closes the page first, because a page that loses its pod claims another. */
export async function releasePod(page: Page, site = SITE): Promise<void> {
  const secret = await page.evaluate(() =>
    Object.values<string>(sessionStorage).find((value) => /^[\w-]{43}$/.test(value)),
  )
  await page.close()
  const headers = { authorization: `Bearer ${secret}` }
  const response = await fetch(`${site}/api/session`, { method: 'POST', headers })
  const { id } = v.parse(v.object({ id: v.string() }), await response.json())
  await fetch(`${site}/api/session/${id}`, { method: 'DELETE', headers })
}
