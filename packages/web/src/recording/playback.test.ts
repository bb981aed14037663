import { describe, expect, it } from 'vitest'
import type { Point } from '../probe/protocol.ts'
import { endOf, frameAt } from './playback.ts'
import type { Recording } from './recording.ts'

const POINTS: readonly Point[] = [
  { dueMs: -250, rttMs: 40, pod: 1, state: 'answered' },
  { dueMs: 0, rttMs: null, pod: 1, state: 'unanswered' },
  { dueMs: 250, rttMs: 60, pod: 2, state: 'answered' },
]
const RUN: Recording = {
  simulated: false,
  clickedMs: 0,
  cause: 'click',
  how: 'crash',
  recover: 'failover',
  toldBy: 'closed',
  died: 'calm-wren',
  tookOver: 'bold-otter',
  legs: [{ name: 'told', ms: 290 }],
  downMs: 100,
  lost: 1,
  healMs: undefined,
  poolRecoveredMs: undefined,
  points: POINTS,
  gaps: [{ fromMs: -210, toMs: 250 }],
}

describe(frameAt, () => {
  it('shows no later event: no later ping, no pong on its way, no end of the gap', () => {
    const frame = frameAt(RUN, 290)
    expect(frame.points.map(({ rttMs, state }) => [rttMs, state])).toEqual([
      [40, 'answered'],
      [null, 'unanswered'],
      [null, 'waiting'],
    ])
    expect(frameAt(RUN, 100)).toMatchObject({
      gaps: [{ toMs: null }],
      statistics: { answered: 1, due: 2 },
    })
  })

  it('leaves out a gap that ended before its minute', () => {
    expect(frameAt(RUN, 60_250).gaps).toHaveLength(1)
    expect(frameAt(RUN, 60_251).gaps).toEqual([])
  })

  it('shows the whole recording at its end', () => {
    expect(endOf(RUN)).toBe(310)
    expect(frameAt(RUN, endOf(RUN))).toMatchObject({ points: POINTS, gaps: RUN.gaps })
  })

  it('leaves the error of the instrument blank, because a link does not carry it', () => {
    expect(frameAt(RUN, 310).statistics.error).toMatchObject({ value: undefined, has: 0 })
  })
})
