import { setTimeout as sleep } from 'node:timers/promises'
import type { Driver } from './_driver.ts'

/** The longest wait for a state of the page, ms. Generous, because the machine may be busy. */
const PATIENCE_MS = 30_000

/** A page in a browser, with waits. Selectors are CSS; a text in an element is compared without its outer spaces. */
export class EnginePage {
  readonly driver: Driver

  constructor(driver: Driver) {
    this.driver = driver
  }

  /** Calls a function in the page with JSON values and returns its JSON value. */
  call<Arguments extends readonly unknown[], Result>(
    act: (...args: Arguments) => Result,
    ...args: Arguments
  ): Promise<Awaited<Result>> {
    return this.driver.evaluate(`(${act})(...${JSON.stringify(args)})`) as Promise<Awaited<Result>>
  }

  /** Waits until the function returns something truthy in the page. @throws Error with the page's text after 30 s. */
  async until<Arguments extends readonly unknown[], Result>(
    act: (...args: Arguments) => Result,
    ...args: Arguments
  ): Promise<Awaited<Result>> {
    const untilMs = performance.now() + PATIENCE_MS
    for (;;) {
      const result = await this.call(act, ...args)
      if (result) return result
      if (performance.now() > untilMs)
        throw new Error(
          `Waited for ${act} with ${JSON.stringify(args)}. The page:\n${await this.text('#app')}`,
        )
      await sleep(50)
    }
  }

  /** Returns the text of the first match; an empty text without one. */
  text(selector: string): Promise<string> {
    return this.call((of) => (document.querySelector(of)?.textContent ?? '').trim(), selector)
  }

  /** Waits until the first match of the selector has the text, or matches the source of a regular expression. */
  async untilText(selector: string, pattern: RegExp): Promise<string> {
    return this.until(
      (of, source) => {
        const text = document.querySelector(of)?.textContent?.trim() ?? ''
        return new RegExp(source).test(text) ? text : undefined
      },
      selector,
      pattern.source,
    ) as Promise<string>
  }

  /** Waits for an enabled button or radio with this accessible text that stands still, scrolls to it and clicks it with the mouse. */
  async click(label: RegExp): Promise<void> {
    const { x, y } = (await this.until((source) => {
      const found = [...document.querySelectorAll('button, summary, [role=radio], label')].find(
        (element) =>
          new RegExp(source).test(element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '') &&
          element.getClientRects().length > 0 &&
          element.getAttribute('aria-disabled') !== 'true',
      )
      if (!found) return undefined
      found.scrollIntoView({ block: 'center', behavior: 'instant' })
      const { left, top, width, height } = found.getBoundingClientRect()
      const place = { x: Math.round(left + width / 2), y: Math.round(top + height / 2) }
      // A chunk that arrives may move the element, and then the click would miss it.
      const isStill = JSON.stringify(place) === Reflect.get(window, 'lastPlace')
      Reflect.set(window, 'lastPlace', JSON.stringify(place))
      return isStill && found.contains(document.elementFromPoint(place.x, place.y)) ? place : undefined
    }, label.source)) as { x: number; y: number }
    await this.driver.perform([
      {
        type: 'pointer',
        id: 'mouse',
        parameters: { pointerType: 'mouse' },
        actions: [
          { type: 'pointerMove', x, y, origin: 'viewport' },
          { type: 'pointerDown', button: 0 },
          { type: 'pointerUp', button: 0 },
        ],
      },
    ])
  }

  /** Presses and releases a key; special keys have the code points of https://w3c.github.io/webdriver/#keyboard-actions. */
  async press(value: string): Promise<void> {
    await this.driver.perform([
      {
        type: 'key',
        id: 'keys',
        actions: [
          { type: 'keyDown', value },
          { type: 'keyUp', value },
        ],
      },
    ])
  }

  /** Returns the errors and policy violations since the last call, over reloads too. */
  complaints(): Promise<string[]> {
    return this.call(() => {
      const all: string[] = JSON.parse(sessionStorage.getItem('complaints') ?? '[]')
      sessionStorage.removeItem('complaints')
      return all
    })
  }
}
