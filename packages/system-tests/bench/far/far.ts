/**
 * Benchmarks a visitor far from the servers: page, API and gateway on origins of their own behind delaying TLS proxies.
 * `BEFORE=<checkout>` compares with page, API and pods of another commit, whose dependencies are installed.
 * `RTT_MS=0,100` measures these round-trip times only, and `ROUNDS=9` more visits for each.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { sampleOf } from '../../../../scripts/measured.ts'
import { BROWSER_LIMITS, startBenchSystem, untilFull } from '../bench-system.ts'
import { milliseconds, releasePod } from '../shown-page.ts'
import { type FarBrowser, startFarBrowser } from './browser.ts'
import { type HeldTimes, PAGE_TIMES, type PageTimes } from './in-page.ts'
import { compressSite, ORIGINS, type Origins, type Site, startOrigins } from './origins.ts'

const ROUND_TRIPS_MS = (process.env['RTT_MS'] ?? '0,50,100,200').split(',').map(Number)
const ROUNDS = Number(process.env['ROUNDS'] ?? 5)
/** The browser's own work after its start, and the page's after the first pong, must not overlap with a measurement. */
const SETTLE_MS = 1_000
/** Of the first `npm start`, which uses three ports. */
const FIRST_PORT = 4_450
const WAYS = ['Delete', 'Crash', 'Freeze'] as const
const HERE = fileURLToPath(new URL('../../../..', import.meta.url))

/** The times of one visit: ms since its navigation began, or since a pod was known to be dead. */
type Visit = { readonly [leg: string]: number }

/** One commit: its page in front of its own API, Kubernetes and pods. */
interface Candidate {
  readonly name: string
  readonly site: Site
  /** The URL of its `npm start`. */
  readonly start: string
  /** The visits by their round-trip time, ms. */
  readonly visits: Map<number, Visit[]>
}

/** Prints the table of all visits. */
export async function benchFar(): Promise<void> {
  await using cleanup = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'warm-pods-far-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const before = process.env['BEFORE']
  const candidates: Candidate[] = []
  for (const [name, checkout] of Object.entries({ ...(before === undefined ? {} : { before }), now: HERE })) {
    const options = { checkout, port: FIRST_PORT + 100 * candidates.length }
    const { site: start } = cleanup.use(await startBenchSystem([], BROWSER_LIMITS, options))
    const site = await compressSite(buildPage(checkout, join(folder, name)))
    candidates.push({ name, site, start, visits: new Map() })
  }
  const origins = cleanup.use(await startOrigins())
  // The first claim of a process is slower (ADR 29), so a visit that is not counted comes first.
  for (const candidate of candidates) await visit(origins, candidate)
  for (const rttMs of ROUND_TRIPS_MS) {
    origins.rttMs = rttMs
    for (let round = 0; round < ROUNDS; round++) {
      // No commit is always first.
      for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed()) {
        const { visits } = candidate
        visits.set(rttMs, [...(visits.get(rttMs) ?? []), await visit(origins, candidate)])
      }
    }
    const [first] = candidates
    for (const { name, visits } of candidates)
      print(name, rttMs, visits.get(rttMs) ?? [], first?.visits.get(rttMs) ?? [])
  }
  for (const { name, visits } of candidates) printRoundTrips(name, visits)
  for (const candidate of candidates) await printTimeline(origins, candidate)
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
async function visit(origins: Origins, { site, start }: Candidate): Promise<Visit> {
  origins.use(site, start)
  await untilFull(start)
  await using browser = await startFarBrowser(origins.spki)
  const [first, page] = await open(browser, origins)
  const legs: Record<string, number> = { ...first }
  for (const how of WAYS) {
    await untilFull(start)
    const killed = await kill(page, how, origins)
    legs[`${how}: told to pong`] = killed.ms
    legs.preflights = (legs.preflights ?? 0) + killed.preflights
  }
  await releasePod(page, start)
  await untilFull(start)
  const [again, second] = await open(browser, origins)
  for (const [leg, ms] of Object.entries(again)) legs[`returning: ${leg}`] = ms
  await releasePod(second, start)
  return legs
}

/** Opens a tab and waits for its pod. */
async function open(browser: FarBrowser, origins: Origins): Promise<[Visit, Page]> {
  await browser.detach()
  await sleep(SETTLE_MS)
  origins.seen.length = 0
  const page = await browser.open(ORIGINS.page, async () => {
    const deadline = performance.now() + 30_000
    while (!origins.seen.some(({ call }) => call === 'first ping')) {
      if (performance.now() > deadline) throw new Error('The page sent no ping within 30 s.')
      await sleep(20)
    }
    // The pong, the headline, and the page's idle work.
    await sleep(origins.rttMs + SETTLE_MS)
  })
  const heldMs = await page.evaluate<number>('heldMs[0] ?? NaN')
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
  const receipt = page
    .getByRole('paragraph')
    .filter({ hasText: /first (reply|pong)/ })
    .first()
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

/** Prints all that the servers saw from the navigation to the first ping of one visit with an empty cache. */
async function printTimeline(origins: Origins, { name, site, start }: Candidate): Promise<void> {
  origins.use(site, start)
  await untilFull(start)
  await using browser = await startFarBrowser(origins.spki)
  const [times, page] = await open(browser, origins)
  const originMs = await page.evaluate<number>('performance.timeOrigin')
  const { rttMs } = origins
  console.log(
    `\n${name}, what the servers saw of one visit, round trip ${rttMs} ms: ms${rttMs > 0 ? ', and round trips' : ''}`,
  )
  const inRoundTrips = (ms: number) => (rttMs > 0 ? (ms / rttMs).toFixed(1).padStart(5) : '')
  const last = origins.seen.findIndex(({ call }) => call === 'first ping')
  const shown = origins.seen.slice(0, last + 1).map(({ atMs, call }) => ({ call, ms: atMs - originMs }))
  for (const { call, ms } of [
    ...shown,
    { call: 'first pong, in the page', ms: times['first pong'] ?? Number.NaN },
  ])
    console.log(`  ${call.padEnd(40)} ${ms.toFixed(0).padStart(5)} ${inRoundTrips(ms)}`.trimEnd())
  await releasePod(page, start)
}

/** The slope over the round-trip time is the number of round trips in sequence. Below 50 ms the machine's own time hides it. */
function printRoundTrips(name: string, visits: ReadonlyMap<number, readonly Visit[]>): void {
  const measured = [...visits.keys()].filter((rttMs) => rttMs >= 50).sort((left, right) => left - right)
  const [near, far] = [measured.at(0), measured.at(-1)]
  if (near === undefined || far === undefined || near === far) return
  console.log(
    `\n${name}, round trips in sequence: (time at ${far} ms - time at ${near} ms) / ${far - near} ms`,
  )
  for (const leg of Object.keys(visits.get(far)?.[0] ?? {})) {
    const slope = (median(visits.get(far) ?? [], leg) - median(visits.get(near) ?? [], leg)) / (far - near)
    console.log(`  ${leg.padEnd(30)} ${slope.toFixed(1)}`)
  }
}

function median(visits: readonly Visit[], leg: string): number {
  return Math.round(sampleOf(visits.map((visit) => visit[leg] ?? Number.NaN)).p50)
}
