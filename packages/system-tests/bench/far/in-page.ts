/** Scripts that run in the page. They are text, because this package is compiled without the browser's types. */

/** Notes the times at which the headline names another pod: `heldMs`, ms since navigation. */
export const WATCH_HEADLINE = `
  globalThis.heldMs = []
  let held
  const look = () => {
    const [, name] = /You hold (\\w+-\\w+)/.exec(document.querySelector('h2')?.textContent ?? '') ?? []
    if (name === undefined || name === held) return
    held = name
    heldMs.push(performance.now())
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
`

/** The globals of a page with {@link WATCH_HEADLINE}. */
export interface HeldTimes {
  readonly heldMs?: readonly number[]
}

/** The page's own times, ms since navigation; `originMs` is ms since 1970. */
export interface PageTimes {
  readonly originMs: number
  /** The first byte of the document. */
  readonly pageAnsweredMs: number
  /** The last byte of the page's script. */
  readonly scriptLoadedMs: number
  readonly paintMs: number
  readonly claimSentMs: number
  readonly claimAnsweredMs: number
}

export const PAGE_TIMES = `(() => {
  const resources = performance.getEntriesByType('resource')
  const claim = resources.find(({ name }) => name.endsWith('/session'))
  const script = resources.find(({ name }) => /\\/index-[^/]+\\.js$/.test(name))
  return {
    originMs: performance.timeOrigin,
    pageAnsweredMs: performance.getEntriesByType('navigation')[0].responseStart,
    scriptLoadedMs: script?.responseEnd ?? NaN,
    paintMs: performance.getEntriesByName('first-paint')[0]?.startTime ?? NaN,
    claimSentMs: claim.startTime,
    claimAnsweredMs: claim.responseEnd,
  }
})()`
