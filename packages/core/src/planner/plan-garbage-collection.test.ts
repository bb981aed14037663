import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { claimed, job, jobOf, NOW, pod, pool, previousJob, session, starting, world } from './_world.ts'
import { planGarbageCollection } from './plan-garbage-collection.ts'

const planned = (snapshot: Snapshot) => planGarbageCollection(snapshot, NOW, LIMITS)
const OLD = { createdAtMs: NOW - LIMITS.orphanGraceMs - 1 }

describe(planGarbageCollection, () => {
  it('needs nothing while every Job has a row and every pod a Job', () => {
    const aged = pool({
      slots: [starting(0), claimed(1)],
      jobs: [job(jobOf(0), OLD), job(jobOf(1), OLD)],
      pods: [pod(jobOf(0), OLD), pod(jobOf(1), OLD)],
    })
    expect(planned(aged)).toEqual([])
  })

  it('deletes a Job that no row names, in the version of the list, and only when it is old', () => {
    const orphan = job('warm-9-1-zzzzz', { ...OLD, resourceVersion: '77', sessionId: 'bob' })
    expect(planned(pool({ jobs: [orphan] }))).toEqual([
      {
        do: 'deleteOrphanJob',
        job: orphan.name,
        jobUid: orphan.uid,
        resourceVersion: '77',
        sessionId: 'bob',
      },
    ])
    expect(planned(pool({ jobs: [{ ...orphan, createdAtMs: NOW - LIMITS.orphanGraceMs }] }))).toEqual([])
    expect(planned(pool({ jobs: [{ ...orphan, state: 'deleting' }] }))).toEqual([])
  })

  it('keeps the Jobs that a session holds or has left, until the session is finalized', () => {
    const row = session({ job: jobOf(7), previousJobs: [previousJob(jobOf(8))] })
    const jobs = [job(jobOf(7), OLD), job(jobOf(8), OLD)]
    expect(planned(world({ sessions: [row], jobs }))).toEqual([])
    expect(planned(world({ sessions: [{ ...row, state: 'ended' }], jobs }))).toEqual([])
    const finalized = { ...row, state: 'ended', finalized: true } as const
    expect(planned(world({ sessions: [finalized], jobs })).map((s) => s.do)).toEqual([
      'deleteOrphanJob',
      'deleteOrphanJob',
    ])
  })

  it('deletes a pod whose Job is gone, by its UID, and only when it is old', () => {
    const orphan = pod('warm-9-1-zzzzz', OLD)
    expect(planned(pool({ pods: [orphan] }))).toEqual([
      { do: 'deleteOrphanPod', pod: orphan.pod.name, podUid: orphan.pod.uid },
    ])
    expect(planned(pool({ pods: [{ ...orphan, createdAtMs: NOW - LIMITS.orphanGraceMs }] }))).toEqual([])
    expect(planned(pool({ pods: [{ ...orphan, deleting: true }] }))).toEqual([])
  })

  it('keeps a pod whose Job a row names, because the list of Jobs may lag', () => {
    const row = session({ job: jobOf(7) })
    expect(planned(world({ sessions: [row], pods: [pod(jobOf(7), OLD)] }))).toEqual([])
  })
})
