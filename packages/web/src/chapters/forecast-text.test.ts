import { describe, expect, it } from 'vitest'
import { forecastOf } from './forecast-model.ts'
import { loadText, share } from './forecast-text.ts'

describe(share, () => {
  it.each([
    [0, '0.0 %'],
    [0.95, '95.0 %'],
    [0.9994, '99.9 %'],
    [0.99999, 'over 99.9 %'],
    [1, '100.0 %'],
  ])('prints %d as %s', (of, text) => expect(share(of)).toBe(text))
})

const hour = { warm: 3, cold: 0, failovers: 1, starts: 4 }
const forecast = { arrivalsPerMinute: 0.08, startMs: null, warmShare: null, warmShareWithOneMore: null, hour }

describe(loadText, () => {
  it.each([null, 1_400])(
    'prints no rate without the observed time, with a mean start of %s ms',
    (startMs) => {
      const text = loadText(forecastOf({ forecast: { ...forecast, startMs }, target: 4 }))
      expect(text).toContain('3 visitors and 1 fail-over in the last 50 to 60 minutes.')
      expect(text).not.toContain('a minute')
      expect(text).not.toContain('hour')
    },
  )

  it('prints the rate of the observed time with its uncertainty', () => {
    const observed = { ...forecast, arrivalsPerMinute: 2, observedMs: 120_000 }
    expect(loadText(forecastOf({ forecast: observed, target: 4 }))).toContain(
      '3 visitors and 1 fail-over in 2 minutes. Each takes a slot. That is a rate of 2 a minute (95 % interval: 0.54 to 5.1).',
    )
  })

  it('names a pool that is younger than a minute', () => {
    const young = { ...forecast, arrivalsPerMinute: 4, observedMs: 20_000 }
    expect(loadText(forecastOf({ forecast: young, target: 4 }))).toContain('in less than a minute.')
  })
})
