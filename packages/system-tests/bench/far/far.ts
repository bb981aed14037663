/**
 * Benchmarks a visitor far from the servers: page, API and gateway on origins of their own behind delaying TLS proxies.
 * `BEFORE=<checkout>` compares with the page of another commit, whose dependencies are installed.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page } from '@playwright/test'
import { findBrowser } from '../../../../scripts/browser.ts'
import { sampleOf } from '../../../../scripts/measured.ts'
import { BROWSER_LIMITS, SITE, startBenchSystem, untilFull } from '../bench-system.ts'
import { milliseconds, releasePod } from '../shown-page.ts'
import { HELD, type HeldTimes, PAGE_TIMES, type PageTimes, WATCH_HEADLINE } from './in-page.ts'
import { compressSite, ORIGINS, type Origins, startOrigins } from './origins.ts'

const ROUND_TRIPS_MS = [0, 50, 100, 200]
const ROUNDS = Number(process.env['ROUNDS'] ?? 5)
const WAYS = ['Delete', 'Crash', 'Freeze'] as const
const HERE = fileURLToPath(new URL('../../../..', import.meta.url))

/** The times of one visit: ms since its navigation began, or since a pod was known to be dead. */
type Visit = { readonly [leg: string]: number }

/** Prints the table of all visits. */
export async function benchFar(): Promise<void> {
  await using _system = await startBenchSystem([], BROWSER_LIMITS)
  await using origins = await startOrigins(SITE)
  const folder = await mkdtemp(join(tmpdir(), 'warm-pods-far-'))
  try {
    const before = process.env['BEFORE']
    const checkouts = { ...(before === undefined ? {} : { before }), now: HERE }
    const pages = await Promise.all(
      Object.entries(checkouts).map(async ([name, checkout]) => ({
        name,
        site: await compressSite(buildPage(checkout, join(folder, name))),
        visits: new Map<number, Visit[]>(),
      })),
    )
    for (const rttMs of ROUND_TRIPS_MS) {
      for (let round = 0; round < ROUNDS; round++) {
        for (const { site, visits } of pages) {
          origins.use(site)
          for (const proxy of origins.proxies) proxy.rttMs = rttMs
          await untilFull()
          visits.set(rttMs, [...(visits.get(rttMs) ?? []), await visit(origins)])
        }
      }
      const [first] = pages
      for (const { name, visits } of pages)
        print(name, rttMs, visits.get(rttMs) ?? [], first?.visits.get(rttMs) ?? [])
    }
    for (const { name, visits } of pages) printRoundTrips(name, visits)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function buildPage(checkout: string, outDir: string): string {
  execFileSync(
    process.execPath,
    [join(checkout, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', outDir, '--logLevel', 'error'],
    {
      cwd: join(checkout, 'packages/web'),
      env: {
        ...process.env,
        VITE_API_BASE: ORIGINS.api,
        VITE_GATEWAY_URL: ORIGINS.gateway,
        VITE_SITE_URL: ORIGINS.page,
      },
      stdio: 'inherit',
    },
  )
  return outDir
}

/** One new visitor: opens the page, kills the pod in each way, closes the tab, and comes back with a warm cache. */
async function visit(origins: Origins): Promise<Visit> {
  const data = await mkdtemp(join(tmpdir(), 'warm-pods-far-profile-'))
  const executablePath = findBrowser()
  const context = await chromium.launchPersistentContext(data, {
    ignoreHTTPSErrors: false,
    args: ['--no-sandbox', '--disable-gpu', `--ignore-certificate-errors-spki-list=${origins.spki}`],
    ...(executablePath ? { executablePath } : {}),
  })
  try {
    const [first, page] = await open(context, origins)
    const legs: Record<string, number> = { ...first }
    for (const how of WAYS) {
      await untilFull()
      const killed = await kill(page, how, origins)
      legs[`${how}: told to pong`] = killed.ms
      legs.preflights = (legs.preflights ?? 0) + killed.preflights
    }
    await releasePod(page)
    await untilFull()
    const [again, second] = await open(context, origins)
    for (const [leg, ms] of Object.entries(again)) legs[`returning: ${leg}`] = ms
    await releasePod(second)
    return legs
  } finally {
    await context.close()
    await rm(data, { recursive: true, force: true })
  }
}

/** Opens a tab and waits for its pod. */
async function open(context: BrowserContext, origins: Origins): Promise<[Visit, Page]> {
  origins.seen.length = 0
  const page = await context.newPage()
  await page.addInitScript(WATCH_HEADLINE)
  // A message, because Playwright's other ways to wait evaluate a script of 90 ms in the page while it loads.
  const held = page.waitForEvent('console', {
    predicate: (message) => message.text().startsWith(HELD),
    timeout: 30_000,
  })
  await page.goto(ORIGINS.page, { waitUntil: 'commit' })
  const heldMs = Number((await held).text().slice(HELD.length))
  const times = await page.evaluate<PageTimes>(PAGE_TIMES)
  const upgrade = origins.seen.find(({ call }) => call === 'upgrade')
  const preflights = origins.seen.filter(({ call }) => call.startsWith('OPTIONS')).length
  return [
    {
      'page answered': times.pageAnsweredMs,
      'script loaded': times.scriptLoadedMs,
      'first paint': times.paintMs,
      'claim sent': times.claimSentMs,
      'claim answered': times.claimAnsweredMs,
      'socket asked for': (upgrade?.atMs ?? Number.NaN) - times.originMs,
      'first pong': heldMs,
      preflights,
    },
    page,
  ]
}

/** Kills the pod. @returns ms from the known death to the first pong, by the page's receipt. */
async function kill(
  page: Page,
  how: (typeof WAYS)[number],
  origins: Origins,
): Promise<{ ms: number; preflights: number }> {
  origins.seen.length = 0
  // By their order: pages of older commits name the options otherwise. The first of the other group is the fail-over.
  await page.getByRole('radio').nth(WAYS.indexOf(how)).click()
  await page.getByRole('radio').nth(WAYS.length).click()
  const before = await page.evaluate<number>('heldMs.length')
  await page.getByRole('button', { name: /^Terminate/ }).click()
  await page.waitForFunction((count) => ((globalThis as HeldTimes).heldMs?.length ?? 0) > count, before, {
    timeout: 60_000,
  })
  const preflights = origins.seen.filter(({ call }) => call.startsWith('OPTIONS')).length
  const receipt = page.getByRole('paragraph').filter({ hasText: 'first reply' }).first()
  const [, ...legs] = ((await receipt.textContent()) ?? '').split('·')
  return { ms: legs.reduce((sum, leg) => sum + milliseconds(leg), 0), preflights }
}

/** Prints the medians, and their ratios to those of the page before. */
function print(name: string, rttMs: number, visits: readonly Visit[], before: readonly Visit[]): void {
  console.log(`\n${name}, round trip ${rttMs} ms, median of ${visits.length}`)
  for (const leg of Object.keys(visits[0] ?? {})) {
    const ms = median(visits, leg)
    const ratio = before === visits ? '' : (ms / median(before, leg)).toFixed(2)
    console.log(`  ${leg.padEnd(30)} ${String(ms).padEnd(8)} ${ratio}`.trimEnd())
  }
}

/** The slope over the round-trip time is the number of round trips in sequence. */
function printRoundTrips(name: string, visits: ReadonlyMap<number, readonly Visit[]>): void {
  console.log(`\n${name}, round trips in sequence: (time at 200 ms - time at 50 ms) / 150 ms`)
  for (const leg of Object.keys(visits.get(200)?.[0] ?? {})) {
    const slope = (median(visits.get(200) ?? [], leg) - median(visits.get(50) ?? [], leg)) / 150
    console.log(`  ${leg.padEnd(30)} ${slope.toFixed(1)}`)
  }
}

function median(visits: readonly Visit[], leg: string): number {
  return Math.round(sampleOf(visits.map((visit) => visit[leg] ?? Number.NaN)).p50)
}
