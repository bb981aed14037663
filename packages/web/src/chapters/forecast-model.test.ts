import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { forecastOf } from './forecast-model.ts'

const pool = (part: Partial<Pool['forecast']>): Pick<Pool, 'forecast'> => ({
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
    expect(forecastOf(pool({}))).toEqual({
      visitors: 30,
      failovers: 15,
      perMinute: 0.75,
      starts: 45,
      startMs: 1_400,
      predicted: { share: 0.97 },
      oneMore: { share: 0.99 },
      measured: { share: 0.9 },
    })
  })

  it('never forecasts a share of 1, even when the number is rounded to 1', () => {
    const { oneMore } = forecastOf(pool({ warmShareWithOneMore: 1 }))
    expect('share' in oneMore && oneMore.share < 1).toBe(true)
  })

  it.each([
    ['no visitor came', { warm: 0, cold: 0, failovers: 0, starts: 4 }, 0, 0],
    ['four came', { warm: 4, cold: 0, failovers: 0, starts: 8 }, 4, 4],
    ['19 came', { warm: 19, cold: 0, failovers: 0, starts: 8 }, undefined, 19],
    ['one came and killed four times', { warm: 1, cold: 0, failovers: 4, starts: 8 }, undefined, 1],
  ])('leaves blank what too few say: %s', (_, hour, predictedHas, measuredHas) => {
    const { predicted, measured } = forecastOf(pool({ hour }))
    expect(predicted).toEqual(predictedHas === undefined ? { share: 0.97 } : { needs: 5, has: predictedHas })
    expect(measured).toEqual({ needs: 20, has: measuredHas })
  })

  it('leaves values blank that the API did not report', () => {
    const { hour: _, ...older } = pool({}).forecast
    expect(
      forecastOf({ forecast: { ...older, startMs: null, warmShare: null, warmShareWithOneMore: null } }),
    ).toMatchObject({
      visitors: undefined,
      starts: undefined,
      startMs: undefined,
      predicted: { needs: 5, has: 0 },
      measured: { needs: 20, has: 0 },
    })
  })
})
