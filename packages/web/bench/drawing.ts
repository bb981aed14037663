/** The cost of drawing, its effect on the measurement, and the heap after an hour of it. */
import { ms, type Row, sampleOf } from '../../../scripts/measured.ts'
import type { MockServer } from '../tests/_mock-server.ts'
import type { Depth } from './depth.ts'
import { type Drawn, openPage } from './opened.ts'

/**
 * The error of the instrument. The pod holds each ping for 60 ms and reports it; the rest of the round trip is the
 * instrument and the loopback. The processor is 4 times slower. The baseline is the same page without drawing.
 */
export async function benchError(depth: Depth, mock: MockServer): Promise<Row[]> {
  mock.cluster.options.holdMs = 60
  const errors: Record<Drawn, number[]> = { chart: [], placeholder: [], nothing: [] }
  for (let round = 1; round <= depth.rounds; round++)
    for (const drawn of ['nothing', 'chart'] as const) {
      depth.say(`error, round ${round} of ${depth.rounds}, drawing: ${drawn}`)
      errors[drawn].push(...(await errorsOf(depth, mock, drawn)))
    }
  mock.cluster.options.holdMs = 0
  const [chart, nothing] = [sampleOf(errors.chart), sampleOf(errors.nothing)]
  return [
    {
      what: 'error of the instrument, chart drawing, processor 4 × slower',
      measured: `p50 ${ms(chart.p50)}, p95 ${ms(chart.p95)}, p99 ${ms(chart.p99)} (n ${chart.n})`,
      baseline: `the same page, no frame drawn: p95 ${ms(nothing.p95)}, p99 ${ms(nothing.p99)} (n ${nothing.n})`,
      ratio: chart.p95 / nothing.p95,
      budget: 'p95 ≤ 5 ms',
      met: chart.p95 <= 5,
    },
  ]
}

async function errorsOf({ settleMs, errorMs }: Depth, mock: MockServer, drawn: Drawn): Promise<number[]> {
  await using opened = await openPage(mock.url, drawn, 4)
  const { page } = opened
  await page.waitForTimeout(settleMs)
  await page.evaluate(() => {
    window.kept.sinceMs = Math.max(...Object.keys(window.kept.rtts).map(Number))
    window.kept.rtts = {}
  })
  await page.waitForTimeout(errorMs)
  return await page.evaluate(() => Object.values(window.kept.rtts))
}

/**
 * The time from a frame's arrival to its last commit, at 300 points. The baseline is the page `before`, or the same page
 * without its chart.
 */
export async function benchCommits(depth: Depth, mock: MockServer, before?: MockServer): Promise<Row[]> {
  const sides = { baseline: [] as number[], now: [] as number[] }
  for (let round = 1; round <= depth.rounds; round++) {
    depth.say(`commits, round ${round} of ${depth.rounds}`)
    sides.baseline.push(
      ...(await (before ? commitsOf(depth, before, 'chart') : commitsOf(depth, mock, 'placeholder'))),
    )
    sides.now.push(...(await commitsOf(depth, mock, 'chart')))
  }
  const [now, baseline] = [sampleOf(sides.now), sampleOf(sides.baseline)]
  return [
    {
      what: 'a frame of 300 points, from arrival to commit, whole page',
      measured: `p50 ${ms(now.p50)}, p95 ${ms(now.p95)} (n ${now.n})`,
      baseline: `${before ? 'the page before' : 'the same page without its chart'}: p50 ${ms(baseline.p50)}, p95 ${ms(baseline.p95)} (n ${baseline.n})`,
      ratio: now.p50 / baseline.p50,
      budget: 'p95 ≤ 12 ms',
      met: now.p95 <= 12,
    },
  ]
}

async function commitsOf({ settleMs, commitsMs }: Depth, mock: MockServer, drawn: Drawn): Promise<number[]> {
  await using opened = await openPage(mock.url, drawn)
  const { page } = opened
  await page.evaluate(() => {
    window.kept.points = 300
  })
  await page.waitForTimeout(settleMs)
  await page.evaluate(() => {
    window.kept.commits = []
  })
  await page.waitForTimeout(commitsMs)
  return await page.evaluate(() => window.kept.commits)
}

const FRAMES_A_MINUTE = 4 * 60
/** Drawn between two lines of progress. */
const PART_MINUTES = 5

export interface Streaming {
  readonly minutes: number
  /** Of each frame. The time to draw a frame grows with them. */
  readonly points: number
}

/**
 * The heap before and after the frames of some minutes, drawn as quickly as possible. The page's other timers, such as the polls of
 * the pool, run in real time.
 */
export async function benchHeap(
  depth: Depth,
  mock: MockServer,
  { minutes, points }: Streaming,
): Promise<Row[]> {
  await using opened = await openPage(mock.url)
  const { page, cdp } = opened
  await page.evaluate((count) => {
    window.kept.points = count
  }, points)
  await page.waitForTimeout(depth.settleMs)
  const draw = async (frames: number) => {
    // In parts, because a single call of minutes times out.
    for (let drawn = 0; drawn < frames; drawn += FRAMES_A_MINUTE)
      await page.evaluate(async () => {
        await window.kept.again(240)
        window.kept.commits = []
        window.kept.rtts = {}
      })
    await cdp.send('HeapProfiler.collectGarbage')
    return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6
  }
  // The first minutes compile code and fill caches, so they do not count.
  const before = await draw(4 * FRAMES_A_MINUTE)
  let after = before
  for (let drawn = PART_MINUTES; drawn <= minutes; drawn += PART_MINUTES) {
    after = await draw(PART_MINUTES * FRAMES_A_MINUTE)
    depth.say(`heap after ${drawn} of ${minutes} minutes of frames: ${after.toFixed(1)} MB`)
  }
  const left = await page.evaluate(() => performance.getEntriesByType('measure').length)
  return [
    {
      what: `heap after ${minutes} minutes of streaming, drawn as quickly as it can be`,
      measured: `${grown(after - before)} MB to ${after.toFixed(1)} MB; ${left} measures left behind`,
      baseline: `the same page before: ${before.toFixed(1)} MB`,
      ratio: after / before,
      budget: '< 5 MB more, 0 measures',
      met: after - before < 5 && left === 0,
    },
  ]
}

function grown(mb: number): string {
  return `${mb < 0 ? '' : '+'}${mb.toFixed(1)}`
}
