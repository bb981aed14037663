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

it.each([null, 1_400])('names the window of 50 to 60 minutes with a mean start of %s ms', (startMs) => {
  const hour = { warm: 3, cold: 0, failovers: 1, starts: startMs === null ? 0 : 4 }
  const forecast = { arrivalsPerMinute: 0.08, startMs, warmShare: null, warmShareWithOneMore: null, hour }
  const text = loadText(forecastOf({ forecast, target: 4 }))
  expect(text).toContain('3 visitors and 1 fail-over in the last 50 to 60 minutes.')
  expect(text).not.toContain('a minute')
  expect(text).not.toContain('hour')
})
