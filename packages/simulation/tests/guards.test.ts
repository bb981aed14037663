import { describe, expect, it } from 'vitest'
import { GUARDS, type Guard, type GuardName } from '../src/guards.ts'
import { playMany } from '../src/seeds.ts'

/** What hangs, not what is slow. */
const PATIENCE_MS = 600_000

describe('each guard is load-bearing: without it the simulation finds a breach', () => {
  const guards = Object.entries(GUARDS) as [GuardName, Guard][]
  it.each(guards.map(([name, { what, breaks, within }]) => [what, String(breaks), within, name] as const))(
    'when %s: invariant %s, within %i seeds',
    { timeout: PATIENCE_MS },
    async (_what, _breaks, within, name) => {
      const only = GUARDS[name].breaks
      const { breach } = await playMany({ from: 1, count: within, without: name, only }, 1)
      expect(breach?.invariant).toBe(only)
    },
  )
})
