import type { Page } from '@playwright/test'
import { expect, headline, simulate, terminate, test, visit } from './_util.ts'

/** Without matchMedia the page has its narrow layout, with the kill options folded. */
async function kill(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: /^Terminate/ }).first()
  await expect(button).toHaveAttribute('aria-disabled', 'false')
  await button.click()
}

const failed = (page: Page) => page.getByText('A script of this page failed.')

/** Takes away what privacy tools, settings and plain HTTP take away, all at once. */
function takeAway(): void {
  const refuse = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  }
  for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
    Object.defineProperty(window, name, { get: refuse })
  for (const name of ['matchMedia', 'BroadcastChannel', 'requestIdleCallback'])
    Reflect.deleteProperty(window, name)
  for (const name of ['sendBeacon', 'clipboard', 'locks', 'serviceWorker', 'language', 'languages'])
    Object.defineProperty(navigator, name, { value: undefined })
  Object.defineProperty(crypto, 'subtle', { value: undefined })
  // A system locale that Intl does not know: only the default locale throws.
  for (const name of ['toLocaleString', 'toLocaleTimeString', 'toLocaleDateString'] as const) {
    const real = Date.prototype[name]
    Date.prototype[name] = function (this: Date, ...options: Parameters<typeof real>) {
      if (options[0] === undefined) throw new RangeError('Incorrect locale information provided')
      return real.apply(this, options)
    }
  }
}

test('without storage, clipboard, matchMedia and crypto.subtle a visit goes on, and texts are copied by hand', async ({
  page,
  mock,
}) => {
  await page.addInitScript(takeAway)
  await visit(page, mock)
  await page.getByRole('button', { name: /^Theme:/ }).click()
  await kill(page)
  await expect(headline(page)).toContainText('Back in')
  await page.getByRole('button', { name: 'Share this recording' }).click()
  await expect(page.getByLabel('Copy the text here by hand')).toHaveValue(/#run=/)
  await expect(failed(page)).toBeHidden()
})

test('without storage, clipboard, matchMedia and crypto.subtle the simulator works', async ({
  page,
  mock,
}) => {
  await page.addInitScript(takeAway)
  await simulate(page, mock)
  await kill(page)
  await expect(headline(page)).toContainText('Back in')
  await expect(failed(page)).toBeHidden()
})

test('a part that cannot be drawn has a sentence in its place, and the others go on', async ({
  page,
  mock,
  complaints,
}) => {
  // The chart's frame needs it.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'ResizeObserver'))
  await visit(page, mock)
  await expect(page.getByText('This part of the page failed.')).toBeVisible()
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  await expect(page.getByText('This part of the page failed.')).toHaveCount(1)
  expect(complaints.splice(0).join()).toContain('ResizeObserver is not defined')
})

test('a page that is prerendered claims no pod, and claims one when it is shown, left and restored', async ({
  page,
  mock,
}) => {
  await page.addInitScript(() => {
    let prerendering = true
    Object.defineProperty(document, 'prerendering', { get: () => prerendering })
    addEventListener('shown', () => {
      prerendering = false
      document.dispatchEvent(new Event('prerenderingchange'))
    })
  })
  await page.goto(mock.url)
  await expect(page.getByText('You get one when you open this tab.')).toBeVisible()
  expect(mock.calls).not.toContain('claim')
  await page.evaluate(() => dispatchEvent(new Event('shown')))
  await expect(headline(page)).toContainText('You hold')
  // As the back/forward cache does.
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
  await expect(headline(page)).not.toContainText('You hold')
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  await expect(headline(page)).toContainText('You hold')
  await expect(failed(page)).toBeHidden()
})

test('a browser that is too old for the page gets a sentence', async ({ page, mock, complaints }) => {
  // Of 2024. Browsers without AbortSignal.any, which each request needs, lack it too.
  await page.addInitScript(() => Reflect.deleteProperty(Promise, 'withResolvers'))
  await page.goto(mock.url)
  await expect(page.getByText('or this browser is too old.')).toBeVisible()
  expect(complaints.splice(0).join()).toContain('withResolvers is not a function')
})

test('an error of the page’s own scripts that nothing caught shows one notice, one of an extension none', async ({
  page,
  mock,
  complaints,
}) => {
  await page.route('**/assets/broken-*.js', (route) => {
    const thrown = 'new TypeError("broken")'
    const body = route.request().url().includes('rejects')
      ? `void Promise.reject(${thrown})`
      : `setTimeout(() => { throw ${thrown} })`
    return route.fulfill({ contentType: 'text/javascript', body })
  })
  await visit(page, mock)
  await page.evaluate(() => {
    const foreign = (text: string) =>
      Object.assign(new Error(text), { stack: `Error: ${text}\n    at chrome-extension://abc/inject.js:1:2` })
    void Promise.reject(foreign('rejected by an extension'))
    setTimeout(() => {
      throw foreign('thrown by an extension')
    })
    dispatchEvent(
      new ErrorEvent('error', { message: 'ResizeObserver loop completed.', filename: location.href }),
    )
  })
  await expect.poll(() => complaints.length).toBe(2)
  await expect(failed(page)).toBeHidden()
  for (const name of ['rejects', 'throws']) {
    await page.addScriptTag({ url: `${mock.url}/assets/broken-${name}.js` })
    await expect(failed(page)).toBeVisible()
    await page.evaluate(() => {
      const notice = document.getElementById('failed')
      if (notice) notice.hidden = true
    })
  }
  await page.addScriptTag({ url: `${mock.url}/assets/broken-throws.js` })
  await expect(failed(page)).toBeVisible()
  complaints.splice(0)
  await page.locator('#failed').getByRole('button', { name: 'Reload the page' }).click()
  await expect(headline(page)).toContainText('You hold')
  await expect(failed(page)).toBeHidden()
})
