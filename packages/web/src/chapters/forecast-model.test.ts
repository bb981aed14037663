import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { forecastOf, poisson, wilson } from './forecast-model.ts'

const pool = (part: Partial<Pool['forecast']>): Pick<Pool, 'forecast' | 'target'> => ({
  target: 4,
  forecast: {
    arrivalsPerMinute: 0.75,
    startMs: 1_400,
    warmShare: 0.97,
    warmShareWithOneMore: 0.99,
    hour: { warm: 27, cold: 3, failovers: 15, starts: 45 },
    ...part,
  },
})

describe(forecastOf, () => {
  it('returns the forecast and the measured share', () => {
    const between = (low: number, high: number) => [expect.closeTo(low, 3), expect.closeTo(high, 3)]
    expect(forecastOf(pool({}))).toEqual({
      visitors: 30,
      failovers: 15,
      perMinute: 0.75,
      perMinuteBetween: between(0.547, 1.004),
      observedMs: undefined,
      starts: 45,
      startMs: 1_400,
      // Erlang B of 0.55 to 1.00 arrivals a minute, and Wilson's interval of 27 in 30.
      predicted: { share: 0.97, interval: between(1, 1) },
      oneMore: { share: 0.99, interval: between(1, 1) },
      measured: { share: 0.9, interval: between(0.744, 0.965) },
    })
  })

  it('never forecasts a share of 1, even when the number is rounded to 1', () => {
    const { oneMore } = forecastOf(pool({ warmShareWithOneMore: 1 }))
    expect('share' in oneMore && oneMore.share < 1).toBe(true)
  })

  it.each([
    ['no visitor came', { warm: 0, cold: 0, failovers: 0, starts: 4 }, 0, 0],
    ['19 came', { warm: 19, cold: 0, failovers: 0, starts: 8 }, 19, 19],
    ['19 came, and one of them killed once', { warm: 19, cold: 0, failovers: 1, starts: 8 }, undefined, 19],
  ])('leaves blank what too few say: %s', (_, hour, predictedHas, measuredHas) => {
    const { predicted, measured } = forecastOf(pool({ hour }))
    if (predictedHas === undefined) expect(predicted).toMatchObject({ share: 0.97 })
    else expect(predicted).toEqual({ needs: 20, has: predictedHas })
    expect(measured).toEqual({ needs: 20, has: measuredHas })
  })

  it('leaves values blank that the API did not report', () => {
    const { hour: _, ...older } = pool({}).forecast
    expect(
      forecastOf({
        target: 4,
        forecast: { ...older, startMs: null, warmShare: null, warmShareWithOneMore: null },
      }),
    ).toMatchObject({
      visitors: undefined,
      starts: undefined,
      startMs: undefined,
      predicted: { needs: 20, has: 0 },
      measured: { needs: 20, has: 0 },
    })
  })
})

it('gives a prediction a wider interval the fewer arrivals it is made from', () => {
  const widthOf = (arrivals: number) => {
    const hour = { warm: arrivals, cold: 0, failovers: 0, starts: arrivals }
    const { predicted } = forecastOf(pool({ hour, arrivalsPerMinute: 60, startMs: 3_000 }))
    const [low = 0, high = 0] = ('interval' in predicted && predicted.interval) || []
    expect(low).toBeLessThan(high)
    return high - low
  }
  expect(widthOf(20)).toBeGreaterThan(2 * widthOf(200))
})

it.each([
  [0, 20, 0, 0.161],
  [20, 20, 0.839, 1],
  [38, 40, 0.835, 0.986],
])('gives %d of %d the interval of Wilson', (hits, of, low, high) => {
  expect(wilson(hits, of)).toEqual([expect.closeTo(low, 3), expect.closeTo(high, 3)])
})

it.each([
  // The exact intervals (Garwood 1936).
  [0, 0, 3.689],
  [4, 1.09, 10.242],
  [45, 32.823, 60.214],
])('gives %d arrivals the interval of Poisson', (count, low, high) => {
  const [from, to] = poisson(count)
  expect(Math.abs(from - low)).toBeLessThan(0.02)
  expect(Math.abs(to - high)).toBeLessThan(0.07)
})
