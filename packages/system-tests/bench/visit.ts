/** Benchmarks visits with the real `npm start` and Chromium. It reads the figures that the page displays. */
import { randomBytes } from 'node:crypto'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Locator, type Page } from '@playwright/test'
import { findBrowser } from '../../../scripts/browser.ts'
import { ms, type Row, sampleOf, time } from '../../../scripts/measured.ts'
import { BROWSER_LIMITS, PORT, SITE, startBenchSystem, untilFull } from './bench-system.ts'
import { milliseconds, releasePod } from './shown-page.ts'

/** The pages of a comparison take turns, so that a busy minute of the machine affects both. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3)
const VISITS = 4
const KILLS = 4
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync']
/** The folder that `npm start` serves. */
const DIST = fileURLToPath(new URL('../../web/dist', import.meta.url))

/** The measurements of one page, ms. */
interface Visits {
  /** Bare requests of the API. */
  readonly floor: number[]
  readonly claims: number[]
  readonly recoveries: number[]
}

/** With `BEFORE=<folder>`, the built page of another commit is the baseline. `ROUNDS=6` doubles the samples. */
export async function benchVisit(): Promise<Row[]> {
  await using _system = await startBenchSystem([], BROWSER_LIMITS)
  const before = process.env['BEFORE']
  await using served = await servePages(before)
  const executablePath = findBrowser()
  const browser = await chromium.launch({ args: ARGS, ...(executablePath ? { executablePath } : {}) })
  const now: Visits = { floor: [], claims: [], recoveries: [] }
  const then: Visits = { floor: [], claims: [], recoveries: [] }
  try {
    for (let round = 0; round < ROUNDS; round++) {
      if (before !== undefined) {
        await served.use(before)
        await visit(browser, then)
      }
      await served.use(DIST)
      await visit(browser, now)
    }
    return rows(now, before === undefined ? undefined : then, await fullAfterFour())
  } finally {
    await browser.close()
  }
}

async function visit(browser: Browser, visits: Visits): Promise<void> {
  await untilFull()
  const page = await browser.newPage()
  await page.goto(SITE)
  await waitForPod(page)
  visits.floor.push(...(await httpFloor(page)))
  const kills = await killAgainAndAgain(page)
  visits.recoveries.push(...kills.map((kill) => kill.claimedMs + kill.connectedMs + kill.pongMs))
  await releasePod(page)
  visits.claims.push(...(await claimAgainAndAgain(browser)))
}

/**
 * Lets `npm start` serve another page by its index.html. The names of its other files contain a hash, so the files of both
 * pages fit in one folder.
 */
async function servePages(
  before: string | undefined,
): Promise<{ use(folder: string): Promise<void> } & AsyncDisposable> {
  const index = join(DIST, 'index.html')
  const own = await readFile(index)
  const ownAssets = new Set(await readdir(join(DIST, 'assets')))
  if (before !== undefined) await cp(join(before, 'assets'), join(DIST, 'assets'), { recursive: true })
  return {
    use: async (folder) =>
      writeFile(index, folder === DIST ? own : await readFile(join(folder, 'index.html'))),
    async [Symbol.asyncDispose]() {
      await writeFile(index, own)
      for (const name of await readdir(join(DIST, 'assets')))
        if (!ownAssets.has(name)) await rm(join(DIST, 'assets', name))
    },
  }
}

function rows(now: Visits, before: Visits | undefined, fullMs: number): Row[] {
  const floor = sampleOf(now.floor)
  const compared = (name: 'claims' | 'recoveries') => {
    const [measured, baseline] = [sampleOf(now[name]), before ? sampleOf(before[name]) : floor]
    return {
      p95: measured.p95,
      measured: `p50 ${ms(measured.p50)}, p95 ${ms(measured.p95)} (n ${measured.n})`,
      baseline: before
        ? `the page before: p50 ${ms(baseline.p50)}, p95 ${ms(baseline.p95)} (n ${baseline.n})`
        : `a bare fetch of the API from the same page: p50 ${ms(floor.p50)}`,
      ratio: measured.p50 / baseline.p50,
    }
  }
  const { p95: claimMs, ...claims } = compared('claims')
  const { p95: recoveryMs, ...recoveries } = compared('recoveries')
  return [
    {
      what: 'opening the page → first pong, Chromium',
      ...claims,
      budget: 'p95 ≤ 1 s',
      met: claimMs <= 1_000,
    },
    {
      what: 'kill detected → first pong by fail-over, Chromium',
      ...recoveries,
      budget: 'p95 ≤ 250 ms',
      met: recoveryMs <= 250,
    },
    {
      what: 'pool full again after four claims',
      measured: ms(fullMs),
      baseline: 'none: the readiness probe runs once a second',
      ratio: undefined,
      budget: '≤ 2 s',
      met: fullMs <= 2_000,
    },
  ]
}

const waitForPod = (page: Page) =>
  page.getByRole('heading', { name: /You hold \w+-\w+/ }).waitFor({ timeout: 30_000 })

async function podAlias(page: Page): Promise<string> {
  const heading = page.getByRole('heading', { name: /You hold \w+-\w+/ })
  await heading.waitFor({ timeout: 30_000 })
  return /You hold (\w+-\w+)/.exec(await textOf(heading))?.[1] ?? ''
}

/** Measures plain API requests from the same page. @returns milliseconds. */
function httpFloor(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const times: number[] = []
    for (let i = 0; i < 40; i++) {
      const startedMs = performance.now()
      await (await fetch('/api/pool')).arrayBuffer()
      times.push(performance.now() - startedMs)
    }
    return times
  })
}

interface Legs {
  readonly claimedMs: number
  readonly connectedMs: number
  readonly pongMs: number
}

/** Kills the pod politely, fails over, and reads the receipt under the headline. */
async function killAgainAndAgain(page: Page): Promise<Legs[]> {
  const kills: Legs[] = []
  const receipt = page.getByRole('paragraph').filter({ hasText: 'first reply' }).first()
  for (let i = 0; i < KILLS; i++) {
    const before = await podAlias(page)
    await page.getByRole('button', { name: /^Terminate/ }).click({ timeout: 30_000 })
    while ((await podAlias(page)) === before) await page.waitForTimeout(20)
    const [, claimedMs = 0, connectedMs = 0, pongMs = 0] = (await textOf(receipt))
      .split('·')
      .map(milliseconds)
    kills.push({ claimedMs, connectedMs, pongMs })
    await untilFull()
  }
  return kills
}

/** Time from the start of the navigation to the claim's request, ms. */
function claimSentMs(page: Page): Promise<number> {
  return page.evaluate(() => {
    const claim = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/session'))
    if (!claim) throw new Error('Expected the page to have sent a claim.')
    return claim.startTime
  })
}

/**
 * Opens pages one after the other, and measures from the navigation to the first pong. The moment of the claim differs between
 * two pages to compare. Each page releases its session, so that the address stays below its limit. @returns milliseconds.
 */
async function claimAgainAndAgain(browser: Browser): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < VISITS; i++) {
    await untilFull()
    const page = await browser.newPage()
    await page.goto(SITE)
    await waitForPod(page)
    times.push(
      (await claimSentMs(page)) +
        milliseconds(await textOf(page.getByText(/^First reply .* after asking/).first())),
    )
    await releasePod(page)
  }
  return times
}

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? ''
}

/** Four claims at once without a browser. @returns milliseconds until every slot is warm again. */
async function fullAfterFour(): Promise<number> {
  await untilFull()
  await Promise.all(Array.from({ length: 4 }, claimOnce))
  return time(() => untilFull())
}

/** Uses IPv4 and IPv6 loopback in turn, because one address may hold only three sessions. */
async function claimOnce(_: unknown, i: number): Promise<void> {
  const host = i < 2 ? '127.0.0.1' : '[::1]'
  const headers = { authorization: `Bearer ${randomBytes(32).toString('base64url')}` }
  const response = await fetch(`http://${host}:${PORT}/api/session`, { method: 'POST', headers })
  if (response.status !== 201) throw new Error(`Expected a warm claim, got ${await response.text()}`)
}
