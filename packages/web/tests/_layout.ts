import { expect, type Page } from '@playwright/test'

/** A desk, the same at 200 % zoom (the viewport halves), a phone, and 1280 px at 400 % zoom (WCAG 1.4.10). */
export const SIZES = [
  { width: 1280, height: 900 },
  { width: 640, height: 450 },
  { width: 390, height: 844 },
  { width: 320, height: 640 },
] as const

/** Expects no horizontal scrolling, and that each control is large enough for a finger. */
export async function expectToFit(page: Page, state: string): Promise<void> {
  const { width } = page.viewportSize() ?? { width: 0 }
  const found = await page.evaluate(misfits)
  expect.soft(found, `${state} at ${width} px`).toEqual([])
}

/** Runs in the page. */
function misfits(): string[] {
  const FINGER_PX = 44
  const root = document.documentElement
  const wide = root.scrollWidth > innerWidth ? [`the page is ${root.scrollWidth} px wide`] : []
  const modal = document.querySelector('dialog[open]')
  const pressed = [
    ...(modal ?? document).querySelectorAll('a[href], button, summary, input, textarea, [role="radio"]'),
  ].filter((element) => element.checkVisibility() && !element.matches('.skip'))
  const small = pressed.flatMap((element) => {
    const { x, right, width, height } = element.getBoundingClientRect()
    const what = `${element.tagName} "${element.textContent.slice(0, 30)}"`
    // A link in a sentence is as high as its line (WCAG 2.5.8 makes the same exception).
    const inText = getComputedStyle(element).display === 'inline'
    const little = !inText && (Math.ceil(width) < FINGER_PX || Math.ceil(height) < FINGER_PX)
    return [
      ...(little ? [`${what} is ${width.toFixed(0)} × ${height.toFixed(0)} px`] : []),
      ...(x < -1 || right > innerWidth + 1
        ? [`${what} is cut off: ${x.toFixed(0)} to ${right.toFixed(0)}`]
        : []),
    ]
  })
  return [...wide, ...small]
}
