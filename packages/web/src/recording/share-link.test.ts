import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Point } from '../probe/protocol.ts'
import type { Recording } from './recording.ts'
import { FRAGMENT_MAX, linkOf, openLink } from './share-link.ts'

/** A minute at 4 Hz with a kill 20 s before its end. */
function recording(part: Partial<Recording> = {}): Recording {
  return {
    simulated: false,
    clickedMs: Date.UTC(2026, 10, 23, 20, 45, 3),
    cause: 'click',
    how: 'freeze',
    recover: 'failover',
    toldBy: 'deadline',
    died: 'swift-heron',
    tookOver: 'calm-otter',
    legs: [
      { name: 'told', ms: 1_020.1 },
      { name: 'claimed', ms: 88.2 },
      { name: 'connected', ms: 108 },
      { name: 'pong', ms: 50.9 },
    ],
    downMs: 1_267.2,
    lost: 5,
    healMs: 12_000,
    poolRecoveredMs: 1_900,
    points: Array.from({ length: 240 }, (_, i) => point(i)),
    gaps: [{ fromMs: -12, toMs: 1_255 }],
    ...part,
  }
}

function point(i: number): Point {
  const later = i > 165
  const dueMs = -40_000 + i * 250 + (later ? 37 : 0)
  if (i > 160 && !later) return { dueMs, rttMs: null, pod: 1, state: 'unanswered' }
  if (i === 12) return { dueMs, rttMs: null, pod: 1, state: 'asleep' }
  const rttMs = Math.round((40 + 12 * Math.sin(i * i)) * 10) / 10
  return { dueMs, rttMs, pod: later ? 2 : 1, state: 'answered' }
}

describe(linkOf, () => {
  it('carries a whole recording in a kilobyte, and reads the same recording back', () => {
    const link = linkOf(recording())
    expect(link).toMatch(/^run=1\.[\w-]+$/)
    expect(link.length).toBeLessThanOrEqual(FRAGMENT_MAX)
    expect(openLink(link)).toEqual({ is: 'recording', recording: recording() })
  })

  it('keeps the mark of a simulated recording', () => {
    expect(openLink(linkOf(recording({ simulated: true })))).toMatchObject({ recording: { simulated: true } })
  })

  it('keeps missing values missing', () => {
    const bare = recording({
      downMs: undefined,
      healMs: undefined,
      poolRecoveredMs: undefined,
      how: undefined,
      toldBy: undefined,
      cause: 'itself',
      recover: 'heal',
      points: [],
      gaps: [{ fromMs: 3, toMs: null }],
    })
    expect(openLink(linkOf(bare))).toEqual({ is: 'recording', recording: bare })
  })

  it('stays within a kilobyte on an unstable network, with coarser and then fewer points', () => {
    const wild = Array.from(
      { length: 300 },
      (_, i): Point => ({
        ...point(i),
        pod: 1 + (i % 40),
        rttMs: (i * 7_919_333) % 60_000,
        state: 'answered',
      }),
    )
    const link = linkOf(recording({ points: wild }))
    expect(link.length).toBeLessThanOrEqual(FRAGMENT_MAX)
    const opened = openLink(link)
    expect(opened.is === 'recording' && opened.recording.points.length).toBeGreaterThan(20)
    expect(opened.is === 'recording' && opened.recording.legs).toEqual(recording().legs)
  })

  it('reads back any recording, to a tenth of a millisecond', () => {
    const ms = fc.integer({ min: 0, max: 50_000 }).map((tenth) => tenth / 10)
    fc.assert(
      fc.property(
        fc.array(ms, { maxLength: 60 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 5 }),
        (rtts, simulated, from) => {
          const points = rtts.map(
            (rttMs, i): Point => ({ dueMs: i * 250, rttMs, pod: 1 + Math.floor(i / 30), state: 'answered' }),
          )
          const legs = recording().legs.slice(0, from)
          const one = recording({ points, simulated, legs })
          expect(openLink(linkOf(one))).toEqual({ is: 'recording', recording: one })
        },
      ),
    )
  })
})

describe(openLink, () => {
  it('names another version, a link that is too long, and a link that was cut short', () => {
    const link = linkOf(recording())
    expect(openLink(link.replace('run=1.', 'run=2.'))).toEqual({ is: 'unreadable', why: 'version' })
    expect(openLink(`${link}${'A'.repeat(2_000)}`)).toEqual({ is: 'unreadable', why: 'oversized' })
    for (let length = 0; length < link.length; length += 7)
      expect(openLink(link.slice(0, length))).toEqual({ is: 'unreadable', why: 'damaged' })
  })

  it('throws for no fragment', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((s) => `run=1.${s}`),
          fc.base64String().map((s) => `run=1.${s.replaceAll('=', '')}`),
        ),
        (text) => {
          expect(['unreadable', 'recording']).toContain(openLink(text).is)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('refuses a link with one changed letter, or reads a valid recording from it', () => {
    const link = linkOf(recording())
    fc.assert(
      fc.property(
        fc.integer({ min: 6, max: link.length - 1 }),
        fc.constantFrom(...'AZaz09-_'),
        (at, letter) => {
          const changed = link.slice(0, at) + letter + link.slice(at + 1)
          const opened = openLink(changed)
          // The bits of the last letter that belong to no byte may differ.
          if (opened.is === 'recording') expect(opened.recording).toEqual(recording())
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
