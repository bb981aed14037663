import { describe, expect, it } from 'vitest'
import { play } from '../../simulation/history.ts'
import { playMany } from '../../simulation/many.ts'
import { printed } from '../../simulation/print.ts'

/** What hangs, not what is slow. */
const PATIENCE_MS = 600_000
const SEEDS = 200

describe('whatever goes wrong', () => {
  it('nothing that must always hold is broken, and at rest the pool is whole', {
    timeout: PATIENCE_MS,
  }, async () => {
    const sum = await playMany({ from: 1, count: SEEDS }, 2)
    if (sum.breach) {
      const outcome = await play(sum.breach.seed, { records: true })
      throw new Error(['npm run simulate -- --seed', ...printed(outcome)].join('\n'))
    }
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
  it('plays the same history again, recorded or not', { timeout: PATIENCE_MS }, async () => {
    for (const seed of [1, 2, 3]) {
      const first = await play(seed)
      const again = await play(seed, { records: true })
      expect([again.steps, again.fingerprint]).toEqual([first.steps, first.fingerprint])
      expect(again.history.length).toBeGreaterThan(20)
      expect((await play(seed, { records: true })).history).toEqual(again.history)
    }
  })

  it('plays another history than the next', async () => {
    const [one, two] = [await play(4), await play(5)]
    expect(one.fingerprint).not.toBe(two.fingerprint)
  })

  it('is printed for people: by first names, in virtual seconds', async () => {
    const lines = printed(await play(1, { records: true }), true)
    expect(lines[0]).toMatch(/^seed 1, \d+\.\d{3} s of virtual time, \d+ events/)
    expect(lines.some((line) => /^ +\d+\.\d{3} s {2}refill-\d+ runs$/.test(line))).toBe(true)
    expect(lines.join('\n')).not.toMatch(/[0-9a-f]{32}/)
    expect(lines.at(-1)).toBe('no breach')
  })
})
