import { describe, expect, it } from 'vitest'
import { GUARDS, type Guard, type GuardName } from '../src/guards.ts'
import { findViolation } from './_found-at.ts'

/** A limit for hangs, not for slow machines. */
const TIMEOUT_MS = 600_000

describe('guard mutations: without the guard the simulation finds a violation', () => {
  const guards = Object.entries(GUARDS) as [GuardName, Guard][]
  it.each(
    guards.map(([name, { what, violates, within }]) => [what, String(violates), within, name] as const),
  )('when %s: rule %s, within %i seeds', { timeout: TIMEOUT_MS }, async (_what, _breaks, _within, name) => {
    const violation = await findViolation(name)
    expect(violation?.invariant).toBe(GUARDS[name].violates)
  })
})
