import { expect, type Locator, type Page } from '@playwright/test'
import { stopInSight } from './_tab-stop.ts'

/**
 * Presses Tab until `target` has the focus. Every stop on the way must be visible: an outline around it, inside the window,
 * and not under the bar at the lower edge.
 */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let i = 0; i < 120; i++) {
    if (await isFocused(target)) return
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(stopInSight)
    expect(stop.hidden, `The focus on ${stop.what} is not to be seen.`).toEqual([])
  }
  throw new Error(`Tab does not come to ${target}.`)
}

async function isFocused(target: Locator): Promise<boolean> {
  return (
    (await target.count()) > 0 && target.first().evaluate((element) => element === document.activeElement)
  )
}

/** Returns how often the focus moves during `wait`, in which the test presses no key. */
export async function handsOff(page: Page, wait: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    Object.assign(window, { moved: 0 })
    const note = () => Object.assign(window, { moved: Reflect.get(window, 'moved') + 1 })
    Object.assign(window, { note })
    document.addEventListener('focusin', note)
    document.addEventListener('focusout', note)
  })
  await wait()
  return page.evaluate(() => {
    document.removeEventListener('focusin', Reflect.get(window, 'note'))
    document.removeEventListener('focusout', Reflect.get(window, 'note'))
    return Reflect.get(window, 'moved')
  })
}
