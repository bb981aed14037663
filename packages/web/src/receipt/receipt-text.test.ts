import { describe, expect, it } from 'vitest'
import { after, claimed, dead, kill, LIVE, pong, reach, unopened } from '../visit/_util.ts'
import { axisLabel, legWhy, median, runningTotal, timesAsLong } from './receipt-text.ts'

it('marks a timeline that has stopped growing as not reported yet', () => {
  expect(runningTotal(3_000, 3_100)).toBe('3.0 s, still running')
  expect(runningTotal(10_080, 13_000)).toBe('over 10.1 s, not reported yet')
})

it('explains how the page learned that a pod had ended without a click', () => {
  const story = [
    dead(7_000, 1006),
    unopened(7_005, 1006),
    reach('no_answer', 7_010),
    claimed(2, 7_020),
    pong(7_030),
  ]
  const [recovery] = after(...LIVE, ...story).recoveries
  expect(recovery?.legs[0]).toEqual({ name: 'told', ms: 10 })
  expect(recovery && legWhy({ name: 'told', ms: 10 }, recovery)).toBe(
    'The connection was lost, and the API did not reach the pod either.',
  )
})

it.each([
  [80, 'before it ended'],
  [900, 'about once a second'],
])('explains an announced death after %i ms with “%s”', (ms, reason) => {
  const [recovery] = after(...LIVE, kill(7_000), dead(7_000 + ms), claimed(2, 8_000), pong(8_010)).recoveries
  expect(recovery && legWhy({ name: 'told', ms }, recovery)).toContain(reason)
})

describe('a number has no more digits than its source', () => {
  it('as a ratio', () => {
    expect(timesAsLong('heal', 11_042, 285)).toBe('about 40 × as long')
    expect(timesAsLong('cold', 1_260, 105)).toBe('about 12 × as long')
    expect(timesAsLong('cold', 130, 100)).toBe('about 1.3 × as long')
  })

  it('as a median', () => {
    expect(median('heal', 11_394, false)).toBe('≈ 11 s')
    expect(median('cold', 1_264, true)).toBe('≈ 1.3 s')
    expect(median('failover', 166.4, true)).toBe('≈ 166 ms')
    expect(median('failover', 166.4, false)).toBe('166 ms')
  })

  it.each([
    [80, '80 ms'],
    [1_200, '1.2 s'],
    [6_000, '6 s'],
  ])('on an axis of %d ms', (ms, text) => expect(axisLabel(ms)).toBe(text))
})
