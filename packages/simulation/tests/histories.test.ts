import { describe, expect, it } from 'vitest'
import { SPOILING_NETWORKS } from '../src/faults.ts'
import { play } from '../src/history.ts'
import { formatOutcome } from '../src/report/print.ts'
import { playMany } from '../src/seeds.ts'
import { findViolation } from './_found-at.ts'

/** A limit for hangs, not for slow machines. */
const timeout = 600_000
const SEEDS = 120

describe('histories with injected faults', () => {
  it('keep every invariant, and end with a whole pool at rest', { timeout }, async () => {
    const sum = await playMany({ from: 1, count: SEEDS }, 2)
    expect(sum.violation?.lines.join('\n')).toBeUndefined()
    expect(sum.seeds).toBe(SEEDS)
    // Enough faults were injected for the result to mean something.
    const countOf = (what: string) => sum.tally.get(what) ?? 0
    expect(countOf('crash before')).toBeGreaterThan(SEEDS / 2)
    expect(countOf('crash after')).toBeGreaterThan(SEEDS / 4)
    expect(countOf('call responseLost')).toBeGreaterThan(SEEDS / 4)
    expect(countOf('trigger lost')).toBeGreaterThan(SEEDS / 4)
    for (const what of [
      'clock step',
      'wrong browser clock',
      'odd Date header',
      'odd time',
      'outside wrongClock',
    ])
      expect(countOf(what), what).toBeGreaterThan(SEEDS / 10)
    for (const what of ['deploy', 'nodeUnready'])
      expect(countOf(`coincidence ${what}`), what).toBeGreaterThan(SEEDS / 20)
    for (const network of SPOILING_NETWORKS) expect(countOf(`network ${network}`)).toBeGreaterThan(SEEDS / 10)
  })
})

describe('a seed', () => {
  it('plays the same history again, independent of earlier seeds', { timeout }, async () => {
    const all = await playMany({ from: 1, count: 4 }, 1)
    for (const seed of [2, 4]) {
      const alone = await playMany({ from: seed, count: 1 }, 1)
      expect(alone.fingerprints.get(seed)).toBe(all.fingerprints.get(seed))
      expect(alone.steps).toBeGreaterThan(100)
    }
    expect(new Set(all.fingerprints.values()).size).toBe(4)
  })

  it('with a violation is reported with the same text each time', {
    timeout,
  }, async () => {
    const violation = await findViolation('claimCondition')
    expect(violation?.lines.at(-1)).toMatch(
      /^VIOLATION of invariant 3: Pod [0-9a-f]{8} was given to two sessions\.$/,
    )
    const again = { from: violation?.seed ?? 0, count: 1, without: 'claimCondition', only: 3 } as const
    expect((await playMany(again, 1)).violation).toEqual(violation)
    expect(violation?.lines.some((line) => line.includes('CLAIMED'))).toBe(true)
  })

  it('is formatOutcome for people: by first names, in virtual seconds', { timeout }, async () => {
    const lines = formatOutcome(await play(1, { records: true }), true)
    expect(lines[0]).toMatch(/^seed 1, \d+\.\d{3} s of virtual time, \d+ events/)
    expect(lines.some((line) => /^ +\d+\.\d{3} s {2}refill-\d+ reconciles$/.test(line))).toBe(true)
    expect(lines.join('\n')).not.toMatch(/[0-9a-f]{32}/)
    expect(lines.at(-1)).toBe('no violation')
  })
})
