import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import type { PodPath } from '../state/cluster-view.ts'
import {
  CONFIG,
  claimed,
  empty,
  job,
  jobOf,
  killed,
  killSent,
  NOW,
  pod,
  pool,
  previousJob,
  session,
  starting,
  waiting,
  warm,
} from './_world.ts'
import { isWaiting, plan } from './plan.ts'

describe(plan, () => {
  it('needs nothing when all slots are warm and a visitor holds another pod', () => {
    const theirs = { sessions: [session({ job: jobOf(7) })], jobs: [job(jobOf(7))], pods: [pod(jobOf(7))] }
    expect(plan(pool(theirs), NOW, CONFIG)).toEqual([])
  })

  it('empties a claimed slot first, and reserves it in the next pass', () => {
    const taken = pool({
      slots: [claimed(0)],
      sessions: [session()],
      jobs: [job(jobOf(0))],
      pods: [pod(jobOf(0))],
    })
    expect(plan(taken, NOW, CONFIG).map((s) => s.do)).toEqual(['free'])
    const freed = pool({ ...taken, slots: [empty(0, { gen: 2 })] })
    expect(plan(freed, NOW, CONFIG).map((s) => s.do)).toEqual(['reserve'])
  })

  it('plans sessions first, then slots, then garbage collection', () => {
    const old = { createdAtMs: NOW - LIMITS.orphanGraceMs - 1 }
    const snapshot = pool({
      slots: [empty(0)],
      sessions: [session({ job: jobOf(7), leaseEndsAtMs: NOW })],
      jobs: [job('warm-9-1-zzzzz', old)],
    })
    expect(plan(snapshot, NOW, CONFIG).map((s) => s.do)).toEqual(['end', 'reserve', 'deleteOrphanJob'])
  })
})

describe(isWaiting, () => {
  const paused = (forMs: number) => ({ failures: 1, pausedUntilMs: NOW + forMs })
  const waits = (parts: Parameters<typeof pool>[0]) => isWaiting(pool(parts), NOW, LIMITS)

  it('does not wait for a warm pool and a live session', () => {
    expect(waits({})).toBe(false)
    expect(waits({ sessions: [session()] })).toBe(false)
    expect(waits({ sessions: [session({ state: 'ended', finalized: true })] })).toBe(false)
  })

  it('waits for a slot that starts, is claimed or empty, but not for one that a long pause keeps empty', () => {
    expect(waits({ slots: [starting(0)] })).toBe(true)
    expect(waits({ slots: [claimed(0)] })).toBe(true)
    expect(waits({ slots: [empty(0)] })).toBe(true)
    expect(waits({ slots: [empty(0)], refill: paused(LIMITS.refillBackOffMs) })).toBe(true)
    expect(waits({ slots: [empty(0)], refill: paused(LIMITS.refillBackOffMs + 1) })).toBe(false)
  })

  it('waits for the handshakes with the pod of a warm slot, as long as they decide nothing', () => {
    const waitsFor = (path: PodPath, reachedAtMs = NOW - LIMITS.pathCheckMs) => {
      const slot = warm(0, { reachedAtMs })
      return waits({ slots: [slot], jobs: [job(slot.job)], pods: [pod(slot.job, { path })] })
    }
    const failed = { state: 'no_answer', problem: 'the gateway answered 504' } as const
    expect(waitsFor({ state: 'unchecked', isPending: true })).toBe(true)
    expect(waitsFor({ state: 'unchecked' })).toBe(false)
    expect(waitsFor({ ...failed, unreachedMs: LIMITS.unreachedMs - 1 })).toBe(true)
    expect(waitsFor({ ...failed, unreachedMs: LIMITS.unreachedMs })).toBe(false)
    expect(waitsFor({ ...failed, state: 'gateway_down' })).toBe(false)
    expect(waitsFor({ state: 'reached', atMs: NOW })).toBe(false)
    expect(waitsFor({ state: 'unchecked', isPending: true }, NOW)).toBe(false)
  })

  it('does not wait for a slot beyond the target', () => {
    expect(waits({ slots: [empty(9)] })).toBe(false)
    expect(waits({ slots: [warm(9)] })).toBe(false)
  })

  it('waits for a session that starts, heals, has ended, left a Job, or has an open kill', () => {
    expect(waits({ sessions: [waiting('starting', 0)] })).toBe(true)
    expect(waits({ sessions: [waiting('recovering', 0)] })).toBe(true)
    expect(waits({ sessions: [session({ state: 'ended' })] })).toBe(true)
    expect(waits({ sessions: [session({ previousJobs: [previousJob(jobOf(3))] })] })).toBe(true)
    expect(waits({ sessions: [session({ kill: killSent() })] })).toBe(true)
    expect(waits({ sessions: [session({ kill: killed() })] })).toBe(false)
  })
})
