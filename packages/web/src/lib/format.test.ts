import { describe, expect, it } from 'vitest'
import { about, age, duration, millis, minutesAndSeconds, percent, stopwatch } from './format.ts'

describe('printed numbers', () => {
  it.each([
    [millis(undefined), '–'],
    [millis(0.04), '0.0'],
    [millis(9.94), '9.9'],
    [millis(9.96), '10'],
    [millis(46.4), '46'],
    [duration(61.6), '62 ms'],
    [duration(999.4), '999 ms'],
    [duration(999.6), '1.00 s'],
    [duration(1_584), '1.58 s'],
    [duration(2_985), '2.99 s'],
    [duration(120_000), '120 s'],
    [stopwatch(-5), '0.0 s'],
    [stopwatch(310, 2), '0.31 s'],
    [minutesAndSeconds(72_900), '1:12'],
    [minutesAndSeconds(29_100, Math.ceil), '0:30'],
    [minutesAndSeconds(-1), '0:00'],
    [age(59_999), '59 s'],
    [age(60_000), '1 min'],
    [age(7_300_000), '2 h'],
    [about(11_700), '≈ 12 s'],
    [about(200), '≈ 1 s'],
    [percent(0), '0 %'],
    [percent(0.0042), '0.4 %'],
    [percent(0.2), '20 %'],
  ])('%s', (printed, expected) => {
    expect(printed).toBe(expected)
  })
})
