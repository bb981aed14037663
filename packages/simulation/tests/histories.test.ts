import { describe, expect, it } from 'vitest'
import { play } from '../src/history.ts'
import { printed } from '../src/report/print.ts'
import { playMany } from '../src/seeds.ts'

/** What hangs, not what is slow. */
const timeout = 600_000
const SEEDS = 200

describe('whatever goes wrong', () => {
  it('nothing that must always hold is broken, and at rest the pool is whole', { timeout }, async () => {
    const sum = await playMany({ from: 1, count: SEEDS }, 2)
    expect(sum.breach?.told.join('\n')).toBeUndefined()
    expect(sum.seeds).toBe(SEEDS)
    // It has been through something.
    const of = (what: string) => sum.tally.get(what) ?? 0
    expect(of('crash before')).toBeGreaterThan(SEEDS / 2)
    expect(of('crash after')).toBeGreaterThan(SEEDS / 4)
    expect(of('call answerLost')).toBeGreaterThan(SEEDS / 4)
    expect(of('wake lost')).toBeGreaterThan(SEEDS / 4)
  })
})

describe('a seed', () => {
  it('plays the same history again, whatever was played before it', { timeout }, async () => {
    const all = await playMany({ from: 1, count: 4 }, 1)
    for (const seed of [2, 4]) {
      const alone = await playMany({ from: seed, count: 1 }, 1)
      expect(alone.fingerprints.get(seed)).toBe(all.fingerprints.get(seed))
      expect(alone.steps).toBeGreaterThan(100)
    }
    expect(new Set(all.fingerprints.values()).size).toBe(4)
  })

  it('that breaks something is told as it was played, in the same words each time', { timeout }, async () => {
    const work = { from: 1, count: 100, without: 'claimCondition', only: 3 } as const
    const [one, two] = [await playMany(work, 1), await playMany(work, 1)]
    expect(one.breach?.told.at(-1)).toMatch(/^BREACH of 3: Pod [0-9a-f]{8} was given to two sessions\.$/)
    expect(two.breach).toEqual(one.breach)
    expect(one.breach?.told.some((line) => line.includes('CLAIMED'))).toBe(true)
  })

  it('is printed for people: by first names, in virtual seconds', { timeout }, async () => {
    const lines = printed(await play(1, { records: true }), true)
    expect(lines[0]).toMatch(/^seed 1, \d+\.\d{3} s of virtual time, \d+ events/)
    expect(lines.some((line) => /^ +\d+\.\d{3} s {2}refill-\d+ runs$/.test(line))).toBe(true)
    expect(lines.join('\n')).not.toMatch(/[0-9a-f]{32}/)
    expect(lines.at(-1)).toBe('no breach')
  })
})
