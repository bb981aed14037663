import { describe, expect, it } from 'vitest'
import { LIMITS, type Limits, limitsWith, violatedConstraints } from './limits.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

describe('the defaults', () => {
  it('break no constraint', () => {
    expect(violatedConstraints(LIMITS)).toEqual([])
  })

  // What docs/design.md tells visitors and owners; a change here is a change there.
  it.each<[string, Partial<Limits>]>([
    ['four warm, sixteen Jobs in all', { target: 4, cap: 16 }],
    ['a lease of 5 min, a lifetime of 30', { leaseMs: 5 * MINUTE, lifetimeMs: 30 * MINUTE }],
    [
      'given back after 2 min hidden or 1 min without a socket',
      { hiddenMs: 2 * MINUTE, socketIdleMs: MINUTE },
    ],
    ['a start within 60 s', { startBudgetMs: 60 * SECOND }],
    [
      '20 claims and 40 recoveries for each address in 10 min, 3 live sessions',
      {
        rateWindowMs: 10 * MINUTE,
        claimsPerAddress: 20,
        recoveriesPerAddress: 40,
        liveSessionsPerAddress: 3,
      },
    ],
    ['2 s between kills of one session', { killCooldownMs: 2 * SECOND }],
    ['grace of 5 s, and of 1 s for a frozen pod', { graceMs: 5 * SECOND, frozenGraceMs: SECOND }],
    ['a wait of 0.3 s to 1 s after a claim', { replenishDelayMs: 300, replenishDelayMaxMs: SECOND }],
    ['bodies of 4 KB', { bodyBytes: 4_096 }],
    ['a scheduled trigger each minute', { refillEveryMs: MINUTE }],
    ['pings at 4 Hz', { pingMs: 250 }],
    ['an audit of 30 days', { auditTtlMs: 30 * 24 * 60 * MINUTE }],
  ])('are as documented: %s', (_sentence, expected) => {
    expect(LIMITS).toMatchObject(expected)
  })
})

describe(violatedConstraints, () => {
  // One override for each relation, the least that breaks it and no other.
  it.each<[string, Partial<Limits>]>([
    ['no pool serves every visitor warm', { warmShareGoal: 100 }],
    [
      'the wait after a claim is bounded, and shorter than refill’s lease',
      { replenishDelayMaxMs: LIMITS.refillLeaseMs },
    ],
    ['the API server gets Jobs, one at a time or more', { jobChangesBurst: 0 }],
    ['a call that the API server throttles ends before a start does', { throttledMs: LIMITS.startBudgetMs }],
    ['the start budget ends before a Job can be an orphan', { orphanGraceMs: LIMITS.startBudgetMs }],
    [
      'three pings fit into one heartbeat',
      { pingMs: LIMITS.heartbeatMs / 3, deadAfterPings: 1, messagesPerSecond: 20 },
    ],
    [
      'the page calls a frozen pod dead before the pod could drop the page',
      { pingDeadlineMs: LIMITS.heartbeatMs - LIMITS.deadAfterPings * LIMITS.pingMs },
    ],
    [
      'a Job outlives the oldest warm pod, a whole session and the start',
      { jobDeadlineMs: LIMITS.warmAgeMs + LIMITS.lifetimeMs + LIMITS.startBudgetMs - 1 },
    ],
    [
      'a finished Job still exists at the next scheduled trigger, even if one is missed',
      { jobTtlMs: 2 * LIMITS.refillEveryMs },
    ],
    ['the lease is no longer than the lifetime', { leaseMs: LIMITS.lifetimeMs + 1 }],
    ['a lost socket ends the session before its lease does', { socketIdleMs: LIMITS.leaseMs }],
    ['a hidden page gives its pod back before the lease ends', { hiddenMs: LIMITS.leaseMs }],
    [
      'warm slots are confirmed before they go stale, even if a scheduled trigger is missed',
      { warmStaleMs: LIMITS.warmCheckMs + 2 * LIMITS.refillEveryMs },
    ],
    [
      'the schedule confirms a warm slot before it counts as unconfirmed',
      { confirmedMs: LIMITS.warmCheckMs + LIMITS.refillEveryMs },
    ],
    ['a warm slot counts as unconfirmed before it goes stale', { confirmedMs: LIMITS.warmStaleMs }],
    [
      'a look at the pool that a reader causes confirms every warm slot',
      { confirmAfterMs: LIMITS.warmCheckMs - 1 },
    ],
    [
      'readers cause fewer looks at a cluster that does not answer',
      { confirmRetryMs: LIMITS.confirmAfterMs - 1 },
    ],
    ['a half-done claim is completed within one refill invocation', { claimGraceMs: LIMITS.refillRunMs }],
    ['a refill invocation ends before the next scheduled trigger', { refillRunMs: LIMITS.refillEveryMs }],
    ['the refill lease is shorter than an invocation', { refillLeaseMs: LIMITS.refillRunMs }],
    ['the heal budget covers the controller’s 10 s back-off and a start', { healBudgetMs: 25 * SECOND - 1 }],
    ['a frozen pod gets less grace than a polite delete', { frozenGraceMs: LIMITS.graceMs }],
    ['the pod accepts at least twice the messages that the page sends', { messagesPerSecond: 7 }],
    ['a polite delete is over before a session can go back to its pod', { lostGraceMs: LIMITS.graceMs }],
    ['the cap holds the pool and at least one visitor', { cap: LIMITS.target }],
    ['back-off grows', { refillBackOffMaxMs: LIMITS.refillBackOffMs - 1 }],
  ])('returns the constraint that is broken: %s', (sentence, overrides) => {
    expect(violatedConstraints({ ...LIMITS, ...overrides })).toEqual([sentence])
  })

  it('accepts limits that are equal where one may not exceed the other', () => {
    const equal = [
      { jobDeadlineMs: LIMITS.warmAgeMs + LIMITS.lifetimeMs + LIMITS.startBudgetMs },
      { leaseMs: LIMITS.lifetimeMs },
      { healBudgetMs: 25 * SECOND },
      { messagesPerSecond: (2 * SECOND) / LIMITS.pingMs },
      { refillBackOffMaxMs: LIMITS.refillBackOffMs },
    ]
    for (const overrides of equal) expect(violatedConstraints({ ...LIMITS, ...overrides })).toEqual([])
  })

  it('requires less time for a creation than for a refill invocation or a start', () => {
    expect(violatedConstraints({ ...LIMITS, createGraceMs: LIMITS.refillRunMs })).toHaveLength(1)
    const slow = { ...LIMITS, refillRunMs: 59 * SECOND, startBudgetMs: 50 * SECOND }
    expect(violatedConstraints({ ...slow, createGraceMs: 50 * SECOND })).toHaveLength(1)
    expect(violatedConstraints({ ...slow, createGraceMs: 50 * SECOND - 1 })).toEqual([])
  })
})

describe(limitsWith, () => {
  it('accepts the overrides of a stage: EKS takes longer to start', () => {
    expect(limitsWith({ startBudgetMs: 180_000, orphanGraceMs: 240_000 })).toEqual({
      ...LIMITS,
      startBudgetMs: 180_000,
      orphanGraceMs: 240_000,
    })
  })

  it('throws with every constraint that the stage would break', () => {
    expect(() => limitsWith({ startBudgetMs: 90_000, cap: 4 })).toThrow(
      'Expected that the start budget ends before a Job can be an orphan; and that the cap holds the pool and at least one visitor.',
    )
  })
})
