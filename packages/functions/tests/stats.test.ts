import { warmShare } from '@warm-pods/core/forecast.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bucketMs, bucketOf, StatsStore } from '../src/store/stats.ts'
import { warmSystem } from './_system.ts'
import { type TestTables, testTables } from './_tables.ts'

const MINUTE = 60_000
/** On the hour, so that the rows of ten minutes begin at known times. */
const NOON = Date.UTC(2026, 8, 21, 12)

/** A pool that refill has watched without a gap. */
const FOUR = { target: 4, gaps: [] }

let tables: TestTables
beforeAll(async () => {
  tables = await testTables()
})
afterAll(async () => {
  await tables[Symbol.asyncDispose]()
})

const store = () => new StatsStore(tables.db, tables.pool)

describe(StatsStore, () => {
  it('returns null before anything was measured', async () => {
    expect(await store().summary(NOON - 100 * 24 * 60 * MINUTE, FOUR)).toEqual({
      forecast: {
        arrivalsPerMinute: 0,
        observedMs: 60 * MINUTE,
        startMs: null,
        warmShare: null,
        warmShareWithOneMore: null,
        hour: { warm: 0, cold: 0, failovers: 0, starts: 0 },
      },
      last24h: {
        warm: 0,
        cold: 0,
        refused: 0,
        kills: 0,
        start: { n: 0, p50Ms: null, p95Ms: null },
        heal: { n: 0, p50Ms: null, p95Ms: null },
        failover: { n: 0, p50Ms: null, p95Ms: null },
      },
    })
  })

  it('sums up a day with its percentiles, and forecasts from the last hour', async () => {
    const stats = store()
    const yesterday = NOON - 23 * 60 * MINUTE
    await Promise.all([
      ...[1, 2, 3].map(() => stats.count('warm', yesterday)),
      ...Array.from({ length: 27 }, (_, i) => stats.count('warm', NOON - 49 * MINUTE + i * MINUTE)),
      ...[1, 2, 3].map(() => stats.count('cold', NOON - 5 * MINUTE)),
      stats.count('refused', NOON),
      stats.count('kills', NOON),
      stats.count('warm', NOON - 25 * 60 * MINUTE),
      ...[1_000, 1_100, 1_400, 1_500, 9_000].map((ms) => stats.measure('start', ms, NOON - MINUTE)),
      stats.measure('start', 1_400, yesterday),
      ...Array.from({ length: 15 }, () => stats.count('failovers', NOON - 20 * MINUTE)),
      stats.measure('failover', 62, yesterday),
      stats.measure('heal', 11_700, yesterday),
    ])
    const { forecast, last24h } = await stats.summary(NOON, FOUR)
    const middle = bucketMs(bucketOf(1_400))
    expect(last24h).toEqual({
      warm: 30,
      cold: 3,
      refused: 1,
      kills: 1,
      start: { n: 6, p50Ms: middle, p95Ms: bucketMs(bucketOf(9_000)) },
      heal: { n: 1, p50Ms: bucketMs(bucketOf(11_700)), p95Ms: bucketMs(bucketOf(11_700)) },
      failover: { n: 1, p50Ms: bucketMs(bucketOf(62)), p95Ms: bucketMs(bucketOf(62)) },
    })
    // 27 warm and 3 cold visitors and 15 fail-overs in 60 minutes, and five starts with their mean.
    const mean = Math.round(
      [1_000, 1_100, 1_400, 1_500, 9_000].reduce((ms, start) => ms + bucketMs(bucketOf(start)), 0) / 5,
    )
    expect(forecast).toEqual({
      arrivalsPerMinute: 0.75,
      observedMs: 60 * MINUTE,
      startMs: mean,
      warmShare: warmShare(4, 0.75, mean),
      warmShareWithOneMore: warmShare(5, 0.75, mean),
      hour: { warm: 27, cold: 3, failovers: 15, starts: 5 },
    })
  })

  it('divides by the time that its whole rows cover', async () => {
    const stats = store()
    const at = NOON + 10 * 60 * MINUTE
    for (let minute = 1; minute <= 55; minute++) await stats.count('warm', at - minute * MINUTE + MINUTE / 2)
    const { forecast } = await stats.summary(at + 5 * MINUTE, FOUR)
    // Rows since 10 minutes past: 50 of those arrivals, in 55 minutes.
    expect(forecast.arrivalsPerMinute).toBeCloseTo(50 / 55, 9)
  })

  it('divides by the time that refill has watched a young pool', async () => {
    const stats = store()
    const at = NOON + 40 * 60 * MINUTE
    await Promise.all([1, 2, 3, 4].map(() => stats.count('warm', at - MINUTE)))
    const gaps = [{ fromMs: 0, untilMs: at - 2 * MINUTE }]
    const { forecast } = await stats.summary(at, { target: 4, gaps })
    expect(forecast).toMatchObject({ arrivalsPerMinute: 2, observedMs: 2 * MINUTE })
  })

  it('divides the demand by the time that refill has watched a young pool', async () => {
    const stats = store()
    const at = NOON + 50 * 60 * MINUTE + 9 * MINUTE
    await Promise.all([1, 2, 3, 4].map(() => stats.count('cold', at - MINUTE)))
    const { windows } = await stats.demand(at, [{ fromMs: 0, untilMs: at - 3 * MINUTE }])
    expect(windows).toEqual(Array(3).fill({ minutes: 3, arrivals: 4 }))
  })

  it('leaves arrivals out of the demand that came while refill did not watch the pool', async () => {
    const stats = store()
    const at = NOON + 60 * 60 * MINUTE + 2 * MINUTE
    await Promise.all([1, 2, 3, 4].map(() => stats.count('cold', at - 20 * MINUTE)))
    await stats.count('warm', at)
    const { windows } = await stats.demand(at, [{ fromMs: at - 40 * MINUTE, untilMs: at - MINUTE }])
    expect(windows).toEqual([
      { minutes: 1, arrivals: 1 },
      { minutes: 1, arrivals: 1 },
      { minutes: 13, arrivals: 1 },
    ])
  })

  it('is cached for a few seconds', async () => {
    const stats = store()
    const at = NOON + 20 * 60 * MINUTE
    expect((await stats.summary(at, FOUR)).last24h.kills).toBe(1)
    await stats.count('kills', at)
    expect((await stats.summary(at + 4_999, FOUR)).last24h.kills).toBe(1)
    expect((await stats.summary(at + 5_000, FOUR)).last24h.kills).toBe(2)
  })
})

it('divides the arrivals of the pool by the time in which refill has watched it', async () => {
  await using system = await warmSystem()
  const { now, stats } = system.services
  await Promise.all([1, 2, 3, 4].map(() => stats.count('warm', now())))
  for (let minute = 1; minute <= 2; minute++) {
    system.sleep(MINUTE)
    await system.refill()
  }
  const young = (await system.pool()).forecast
  expect(young.arrivalsPerMinute).toBeCloseTo(2, 1)
  system.sleep(30 * MINUTE) // The stage is off.
  await system.refill()
  expect((await system.pool()).forecast.arrivalsPerMinute).toBeCloseTo(young.arrivalsPerMinute, 1)
})
