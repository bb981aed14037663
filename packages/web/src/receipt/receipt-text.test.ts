import { expect, it } from 'vitest'
import { after, claimed, dead, LIVE, pong, reach, unopened } from '../visit/_util.ts'
import { legWhy, runningTotal } from './receipt-text.ts'

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
  expect(recovery && legWhy({ name: 'told' }, recovery)).toBe(
    'The connection was lost, and the API did not reach the pod either.',
  )
})
