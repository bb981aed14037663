/** Benchmarks visits with the real `npm start` and Chromium. It reads the figures that the page displays. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Locator, type Page } from '@playwright/test'
import { type Pool, PoolSchema } from '@warm-pods/core/api/contracts.ts'
import * as v from 'valibot'
import { findBrowser } from '../../../scripts/browser.ts'
import { ms, type Row, type Sample, sampleOf, time } from '../../../scripts/measured.ts'

const PORT = 4460
const SITE = `http://localhost:${PORT}`
/** Below the rate limits of one address: 20 claims and 40 recoveries in ten minutes. */
const VISITS = 12
const KILLS = 12
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync']

export async function benchVisit(): Promise<Row[]> {
  await using system = await startSystem()
  const executablePath = findBrowser()
  const browser = await chromium.launch({ args: ARGS, ...(executablePath ? { executablePath } : {}) })
  try {
    const page = await browser.newPage()
    await page.goto(SITE)
    await waitForPod(page)
    const floor = sampleOf(await httpFloor(page))
    const kills = await killAgainAndAgain(page)
    await releasePod(page)
    const claims = sampleOf(await claimAgainAndAgain(browser, system.pool))
    const recoveries = sampleOf(kills.map((kill) => kill.claimedMs + kill.connectedMs + kill.pongMs))
    const fullMs = await fullAfterFour(system.pool)
    return rows(floor, claims, recoveries, fullMs)
  } finally {
    await browser.close()
  }
}

function rows(floor: Sample, claims: Sample, recoveries: Sample, fullMs: number): Row[] {
  const baseline = `a bare fetch of the API from the same page: p50 ${ms(floor.p50)}`
  return [
    {
      what: 'claim request → first pong while the page loads, Chromium',
      measured: `p50 ${ms(claims.p50)}, p95 ${ms(claims.p95)} (n ${claims.n})`,
      baseline,
      ratio: claims.p50 / floor.p50,
      budget: 'p95 ≤ 150 ms',
      met: claims.p95 <= 150,
    },
    {
      what: 'kill detected → first pong by fail-over, Chromium',
      measured: `p50 ${ms(recoveries.p50)}, p95 ${ms(recoveries.p95)} (n ${recoveries.n})`,
      baseline,
      ratio: recoveries.p50 / floor.p50,
      budget: 'p95 ≤ 250 ms',
      met: recoveries.p95 <= 250,
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
  const receipt = page.getByRole('paragraph').filter({ hasText: 'first pong' }).first()
  for (let i = 0; i < KILLS; i++) {
    const before = await podAlias(page)
    await page.getByRole('button', { name: /^Terminate/ }).click({ timeout: 30_000 })
    while ((await podAlias(page)) === before) await page.waitForTimeout(20)
    const [, claimedMs = 0, connectedMs = 0, pongMs = 0] = (await textOf(receipt))
      .split('·')
      .map(milliseconds)
    kills.push({ claimedMs, connectedMs, pongMs })
    await poolFull()
  }
  return kills
}

/** Opens pages one after the other. Each releases its session, so that the address stays below its limit. */
async function claimAgainAndAgain(browser: Browser, pool: () => Promise<Pool>): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < VISITS; i++) {
    await untilFull(pool)
    const page = await browser.newPage()
    await page.goto(SITE)
    await waitForPod(page)
    times.push(milliseconds(await textOf(page.getByText(/^First pong .* after asking/).first())))
    await releasePod(page)
  }
  return times
}

/** Releases the session with the page's secret. Closes the page first, because a page that loses its pod claims another. */
async function releasePod(page: Page): Promise<void> {
  const secret = await page.evaluate(() =>
    Object.values<string>(sessionStorage).find((value) => /^[\w-]{43}$/.test(value)),
  )
  await page.close()
  const headers = { authorization: `Bearer ${secret}` }
  const response = await fetch(`${SITE}/api/session`, { method: 'POST', headers })
  const { id } = v.parse(v.object({ id: v.string() }), await response.json())
  await fetch(`${SITE}/api/session/${id}`, { method: 'DELETE', headers })
}

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? ''
}

/** Four claims at once without a browser. @returns milliseconds until every slot is warm again. */
async function fullAfterFour(pool: () => Promise<Pool>): Promise<number> {
  await untilFull(pool)
  await Promise.all(Array.from({ length: 4 }, claimOnce))
  return time(() => untilFull(pool))
}

/** Uses IPv4 and IPv6 loopback in turn, because one address may hold only three sessions. */
async function claimOnce(_: unknown, i: number): Promise<void> {
  const host = i < 2 ? '127.0.0.1' : '[::1]'
  const headers = { authorization: `Bearer ${randomBytes(32).toString('base64url')}` }
  const response = await fetch(`http://${host}:${PORT}/api/session`, { method: 'POST', headers })
  if (response.status !== 201) throw new Error(`Expected a warm claim, got ${await response.text()}`)
}

async function untilFull(pool: () => Promise<Pool>): Promise<void> {
  while ((await pool()).slots.some((slot) => slot.state !== 'warm'))
    await new Promise((resolve) => setTimeout(resolve, 20))
}

function poolFull(): Promise<void> {
  return untilFull(readPool)
}

async function readPool(): Promise<Pool> {
  return v.parse(PoolSchema, await (await fetch(`${SITE}/api/pool`)).json())
}

/** Parses "1.25 s" or "46 ms". @returns milliseconds. */
function milliseconds(text: string): number {
  const [, number = '', unit] = /([\d.]+)\s(ms|s)\b/.exec(text) ?? []
  return Number(number) * (unit === 's' ? 1_000 : 1)
}

async function startSystem(): Promise<{ pool: () => Promise<Pool> } & AsyncDisposable> {
  const data = await mkdtemp(join(tmpdir(), 'warm-pods-bench-'))
  const bin = fileURLToPath(new URL('../../local/bin/start.js', import.meta.url))
  const supervisor = spawn(process.execPath, [bin, '--port', String(PORT), '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => supervisor.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    supervisor.stdout.on('data', (text) => String(text).includes(`Open ${SITE}`) && resolve())
    supervisor.once('exit', (code) =>
      reject(new Error(`npm start exited with code ${code} before it was up.`)),
    )
  })
  return {
    pool: readPool,
    async [Symbol.asyncDispose]() {
      supervisor.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}
