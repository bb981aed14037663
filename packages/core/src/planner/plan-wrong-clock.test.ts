/** Rows that a process with a clock four hours ahead has written. Refill must not wait until those times come. */
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { heldBackMs } from '../state/refill-row.ts'
import { claimable } from '../state/slot.ts'
import { requestKill } from '../transitions/kill.ts'
import {
  CONFIG,
  claimed,
  job,
  jobOf,
  killed,
  killSent,
  NOW,
  pending,
  pod,
  pool,
  previousJob,
  session,
  starting,
  waiting,
  warm,
  world,
} from './_world.ts'
import { plan } from './plan.ts'

const AHEAD = NOW + 4 * 3_600_000
const steps = (snapshot: Parameters<typeof plan>[0]) => plan(snapshot, NOW, CONFIG).map((step) => step.do)

describe('a row with a time hours ahead', () => {
  it('of a warm slot is not claimable, and refill confirms it', () => {
    const slot = warm(0, { checkedAtMs: AHEAD })
    expect(claimable([slot], NOW, LIMITS)).toEqual([])
    const found = { jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }
    expect(steps(pool({ slots: [slot], ...found }))).toEqual(['confirmWarm'])
  })

  it('of a slot that does not start is retired', () => {
    const slots = [starting(0, { sinceMs: AHEAD })]
    expect(steps(pool({ slots, jobs: [job(jobOf(0))], pods: [pending(jobOf(0))] }))).toEqual(['retire'])
  })

  it('of a half-done claim is completed', () => {
    const slots = [claimed(0, { claimedAtMs: AHEAD })]
    expect(steps(pool({ slots, jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }))).toEqual(['completeClaim'])
  })

  it.each([
    ['whose lease ends then', { leaseEndsAtMs: AHEAD }],
    ['whose lifetime ends then', { endsAtMs: AHEAD }],
    ['whose page was last seen then', { connectedEpoch: 0, epochAtMs: AHEAD, seenAtMs: AHEAD }],
  ])('of a session %s is ended', (_which, times) => {
    const sessions = [session(times)]
    expect(steps(pool({ sessions, jobs: [], pods: [] }))).toEqual(['end'])
  })

  it('of a session that waits for its pod is ended', () => {
    expect(steps(world({ sessions: [waiting('starting', 0, { epochAtMs: AHEAD })] }))).toContain('end')
  })

  it('of a killed Job does not keep the Job', () => {
    const previous = previousJob(jobOf(0), { kill: killed({ atMs: AHEAD }) })
    const sessions = [session({ epoch: 2, job: jobOf(1), connectedEpoch: 2, previousJobs: [previous] })]
    expect(steps(pool({ sessions }))).toContain('dropJob')
  })

  it('of a crash lets refill delete the pod', () => {
    const row = session({ kill: killSent({ how: 'crash', atMs: AHEAD }) })
    const found = { jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }
    expect(steps(world({ sessions: [row], ...found }))).toContain('killPod')
  })

  it('of the last kill does not refuse the next one', () => {
    const row = session({ epoch: 2, lastKillAtMs: AHEAD })
    expect(requestKill(row, { epoch: 2, how: 'polite' }, NOW, LIMITS)).toBeDefined()
  })

  it('of a back-off does not hold refill back, and the owner’s pause does', () => {
    expect(heldBackMs({ pausedUntilMs: 0, backOffUntilMs: AHEAD }, NOW, LIMITS)).toBe(0)
    expect(heldBackMs({ pausedUntilMs: 0, backOffUntilMs: NOW + 2_000 }, NOW, LIMITS)).toBe(2_000)
    expect(heldBackMs({ pausedUntilMs: AHEAD, backOffUntilMs: NOW + 2_000 }, NOW, LIMITS)).toBe(AHEAD - NOW)
  })
})

describe('a row with a time that is minutes ahead', () => {
  it('of a session does not end it', () => {
    const ends = { leaseEndsAtMs: NOW + 900_000, endsAtMs: NOW + 2_400_000 }
    const found = { jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }
    expect(steps(world({ sessions: [session(ends)], ...found }))).not.toContain('end')
  })
})
