import { describe, expect, it } from 'vitest'
import { GUARDS, type Guard, type GuardName } from '../src/guards.ts'
import { playMany } from '../src/seeds.ts'

/** A limit for hangs, not for slow machines. */
const TIMEOUT_MS = 600_000

describe('guard mutations: without the guard the simulation finds a violation', () => {
  const guards = Object.entries(GUARDS) as [GuardName, Guard][]
  it.each(
    guards.map(([name, { what, violates, within }]) => [what, String(violates), within, name] as const),
  )('when %s: rule %s, within %i seeds', { timeout: TIMEOUT_MS }, async (_what, _breaks, within, name) => {
    const only = GUARDS[name].violates
    const { violation } = await playMany({ from: 1, count: within, without: name, only }, 1)
    expect(violation?.invariant).toBe(only)
  })
})
