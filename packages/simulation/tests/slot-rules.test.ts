import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { Process } from '../src/engines/simulated-process.ts'
import type { SlotItem } from '../src/invariants/rows.ts'
import { SlotRules } from '../src/invariants/slot-rules.ts'
import { Checker } from '../src/invariants/violations.ts'

const START_MS = Date.parse('2026-01-01T00:00:00.000Z')
const DAY_MS = 86_400_000

function isoAt(ms: number): string {
  return new Date(START_MS + ms).toISOString()
}

function rulesWith(checker: Checker): SlotRules {
  return new SlotRules({
    checker,
    limits: LIMITS,
    wallMs: () => START_MS,
    nowMs: () => 0,
    skewMs: 0,
    isServing: () => true,
    isGone: () => false,
  })
}

/** Plays a claim at 3 s of virtual time on a slot whose time a wrong clock wrote at 2 s. */
function violationOfClaim(sinceMs: number) {
  const checker = new Checker()
  const rules = rulesWith(checker)
  const process = new Process('api-1', 'api', 0)
  const pod = { uid: 'pod-1' }
  const warm: SlotItem = {
    slot: '0',
    state: 'WARM',
    gen: 0,
    since: isoAt(0),
    job: 'warm-0',
    pod,
    checkedAt: isoAt(0),
  }
  const spoiled = { ...warm, checkedAt: isoAt(DAY_MS) }
  const claimed: SlotItem = {
    slot: '0',
    state: 'CLAIMED',
    gen: 0,
    since: isoAt(3_000),
    job: 'warm-0',
    pod,
    claimedAt: isoAt(3_000),
    sessionId: 'ada',
    epoch: 1,
  }
  rules.refillChanged(undefined, { slotCount: 1 })
  rules.reached(pod.uid)
  rules.changed(undefined, warm, { process, sinceMs: 0, nowMs: 0 })
  rules.changed(warm, spoiled, { process, sinceMs: 2_000, nowMs: 2_000 })
  rules.changed(spoiled, claimed, { process, sinceMs, nowMs: 3_000 })
  return checker.violation?.invariant
}

describe('the claim of a slot with a time far in the future', () => {
  it('violates invariant 11 when the call began after that time was written', () => {
    expect(violationOfClaim(2_500)).toBe(11)
  })

  it('is allowed when the call may have read the slot before that', () => {
    expect(violationOfClaim(1_000)).toBeUndefined()
  })
})

describe('a slot that holds a Job', () => {
  it.each([
    ['below', 3, undefined],
    ['from', 2, 10],
  ])('%s the recorded slot count on: slot 2 of %d violates %s', (_where, slotCount, violated) => {
    const checker = new Checker()
    const rules = rulesWith(checker)
    const starting: SlotItem = { slot: '2', state: 'STARTING', gen: 0, since: isoAt(0), job: 'warm-2' }
    rules.refillChanged(undefined, { slotCount })
    rules.changed(undefined, starting, {
      process: new Process('refill-1', 'refill', 0),
      sinceMs: 0,
      nowMs: 0,
    })
    expect(checker.violation?.invariant).toBe(violated)
  })
})
