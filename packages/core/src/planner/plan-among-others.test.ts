import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import type { SessionRow } from '../state/session.ts'
import type { Snapshot } from '../state/snapshot.ts'
import {
  CONFIG,
  claimed,
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
  world,
} from './_world.ts'
import { isWaiting } from './plan.ts'
import { planGarbageCollection } from './plan-garbage-collection.ts'
import { planSession } from './plan-session.ts'
import { planSlots } from './plan-slots.ts'

/** Most lists below begin with another session's object, so a planner that takes the first object fails. */
const planned = (row: SessionRow, parts: Partial<Snapshot>) =>
  planSession(row, world({ sessions: [row], ...parts }), NOW, LIMITS)
const kinds = (row: SessionRow, parts: Partial<Snapshot>) => planned(row, parts).map((step) => step.do)
const OTHER = jobOf(7)
const here = { jobs: [job(OTHER), job(jobOf(0))], pods: [pod(OTHER), pod(jobOf(0))] }

describe('a session among others', () => {
  it('does not end with another session’s Job, and ends without its own', () => {
    for (const state of ['complete', 'failed', 'deleting'] as const)
      expect(planned(session(), { ...here, jobs: [job(OTHER, { state }), job(jobOf(0))] })).toEqual([])
    const longAgo = NOW - LIMITS.socketIdleMs - 1
    const row = session({ seenAtMs: longAgo, epochAtMs: longAgo })
    expect(planned(row, { jobs: [job(OTHER)] })).toMatchObject([
      { do: 'end', because: 'failed', jobGone: true },
    ])
  })

  it('is not abandoned while its page has been seen, and not before the idle limit has passed', () => {
    const longAgo = NOW - 10 * LIMITS.socketIdleMs
    expect(planned(session({ epochAtMs: longAgo, seenAtMs: NOW }), {})).toEqual([])
    const atTheLimit = NOW - LIMITS.socketIdleMs
    expect(planned(session({ epochAtMs: atTheLimit, seenAtMs: atTheLimit }), {})).toEqual([])
  })

  it('that heals and has lost its Job gets another, also when its page is silent', () => {
    const row = waiting('recovering', LIMITS.socketIdleMs + 1, { job: jobOf(0) })
    expect(kinds(row, { jobs: [job(OTHER)] })).toEqual(['createSessionJob'])
  })

  it('that starts gets a Job of its own, also when another session has one', () => {
    expect(kinds(waiting('starting', 1_000), { jobs: [job(OTHER)] })).toEqual(['createSessionJob'])
  })

  it('is timed from the death of its own pod', () => {
    const row = waiting('recovering', 9_000, { job: jobOf(0), kill: killed() })
    const dead = pod(jobOf(0), { phase: 'Failed', ready: false, diedAtMs: NOW - 8_000 })
    const stranger = pod(OTHER, { phase: 'Failed', ready: false, diedAtMs: NOW - 60_000 })
    const next = pod(jobOf(0), { readyAtMs: NOW - 1_000 }, 1)
    const steps = planned(row, { jobs: here.jobs, pods: [stranger, dead, next] })
    expect(steps).toMatchObject([{ do: 'activate', healed: { healMs: 7_000 } }])
  })

  it('that starts has no healing recorded, also when it was killed before', () => {
    const row = waiting('starting', 1_000, { job: jobOf(0), kill: killed() })
    const [step] = planned(row, { jobs: here.jobs, pods: [pod(jobOf(0), {}, 1)] })
    expect(step).toMatchObject({ do: 'activate' })
    expect(step).not.toHaveProperty('healed')
  })

  it('has its pod deleted at once for a polite kill, and after a grace for a crash', () => {
    const row = session({ kill: killSent({ atMs: NOW - 1 }) })
    expect(planned(row, here)).toMatchObject([{ do: 'killPod', podUid: pod(jobOf(0)).pod.uid }])
    const crash = session({ kill: killSent({ how: 'crash', atMs: NOW - 1 }) })
    expect(planned(crash, here)).toEqual([])
  })

  it('has its heal recorded, independent of the heals of other epochs', () => {
    const heal: SessionRow['heals'][number] = { epoch: 7, how: 'polite', healMs: 1 }
    const old = previousJob(jobOf(3), { epoch: 1, kill: killed({ podUid: 'gone' }) })
    const row = session({ epoch: 8, connectedEpoch: 8, heals: [heal], previousJobs: [old] })
    const parts = { jobs: [...here.jobs, job(jobOf(3))], pods: [...here.pods, pod(jobOf(3), {}, 1)] }
    expect(kinds(row, parts)).toEqual(['recordHeal'])
    expect(kinds({ ...row, heals: [heal, { ...heal, epoch: 1 }] }, parts)).toEqual(['dropJob'])
  })

  it('waits for a late kill of the epoch just left, and of no earlier one', () => {
    const row = (epoch: number) =>
      session({
        epoch: 3,
        connectedEpoch: 3,
        epochAtMs: NOW - 1,
        previousJobs: [previousJob(jobOf(3), { epoch })],
      })
    const parts = { ...here, jobs: [...here.jobs, job(jobOf(3))] }
    expect(kinds(row(2), parts)).toEqual([])
    expect(kinds(row(1), parts)).toEqual(['dropJob'])
  })
})

describe('a slot among others', () => {
  const slots = (snapshot: Snapshot) => planSlots(snapshot, NOW, CONFIG)

  it('is reserved when it has no row, also when others have one', () => {
    const parts = { slots: [warm(1)], jobs: [job(jobOf(1))], pods: [pod(jobOf(1))] }
    const reserved = slots(world(parts)).map((step) => step.do === 'reserve' && step.slot.slot)
    expect(reserved).toEqual([0, 2, 3])
  })

  it('is freed for the visitor it names', () => {
    const slot = claimed(0)
    const bob = session({ sessionId: 'bob', job: OTHER })
    const steps = slots(pool({ slots: [slot], sessions: [bob, session()], ...here }))
    expect(steps).toEqual([{ do: 'free', slot }])
  })

  it('is not freed for a visitor who has left another Job behind', () => {
    const row = session({ job: OTHER, previousJobs: [previousJob(jobOf(5))] })
    const steps = slots(pool({ slots: [claimed(0)], sessions: [row], ...here }))
    expect(steps).toMatchObject([{ do: 'retire', because: 'claim_superseded' }])
  })

  it('is filled again in the millisecond in which a back-off ends', () => {
    const refill = { failures: 1, pausedUntilMs: NOW }
    expect(slots(world({ refill })).map((step) => step.do)).toEqual([
      'reserve',
      'reserve',
      'reserve',
      'reserve',
    ])
    const slot = starting(0, { sinceMs: NOW - LIMITS.createGraceMs - 1 })
    expect(slots(pool({ slots: [slot], refill }))).toEqual([{ do: 'createJob', slot }])
    const old = pool({
      slots: [warm(0, { spec: 'spec-0' })],
      jobs: [job(jobOf(0))],
      pods: [pod(jobOf(0))],
      refill,
    })
    expect(slots(old)).toMatchObject([{ do: 'retire', because: 'spec_outdated' }])
  })

  it('is waited for at any position in the list, and without a row', () => {
    expect(isWaiting(pool({ slots: [starting(2)] }), NOW, LIMITS)).toBe(true)
    expect(isWaiting(world({}), NOW, LIMITS)).toBe(true)
  })
})

describe('a Job that no row names', () => {
  it('is deleted with its pod, which needs no step of its own', () => {
    const old = { createdAtMs: NOW - LIMITS.orphanGraceMs - 1 }
    const parts = { jobs: [job('warm-9-1-zzzzz', old)], pods: [pod('warm-9-1-zzzzz', old)] }
    expect(planGarbageCollection(pool(parts), NOW, LIMITS).map((step) => step.do)).toEqual([
      'deleteOrphanJob',
    ])
  })
})
