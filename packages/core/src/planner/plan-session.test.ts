import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import type { Kill } from '../state/kill-state.ts'
import type { SessionRow } from '../state/session.ts'
import type { Snapshot } from '../state/snapshot.ts'
import {
  COLD,
  job,
  jobOf,
  killed,
  killRequested,
  killSent,
  NOW,
  pending,
  pod,
  previousJob,
  session,
  waiting,
  world,
} from './_world.ts'
import { planSession } from './plan-session.ts'

const planned = (row: SessionRow, parts: Partial<Snapshot>) =>
  planSession(row, world({ sessions: [row], ...parts }), NOW, LIMITS)

const here = { jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }

describe('a live session', () => {
  it('needs nothing', () => {
    expect(planned(session(), here)).toEqual([])
  })

  it('needs nothing when its Job has just been deleted, because its page asks for another pod within seconds', () => {
    expect(planned(session(), {})).toEqual([])
  })

  it('ends when its Job is gone and its page is silent, after the Job itself was read', () => {
    const sinceMs = NOW - LIMITS.socketIdleMs - 1
    const row = session({ seenAtMs: sinceMs, epochAtMs: sinceMs })
    expect(planned(row, {})).toEqual([{ do: 'end', session: row, because: 'failed', jobGone: true }])
    expect(planned(row, here)).toEqual([])
  })

  it('ends at its lifetime, and not a millisecond before', () => {
    const row = session({ leaseEndsAtMs: NOW + 1, endsAtMs: NOW })
    expect(planned(row, here)).toEqual([{ do: 'end', session: row, because: 'lifetime' }])
    expect(planned(session({ leaseEndsAtMs: NOW + 1, endsAtMs: NOW + 1 }), here)).toEqual([])
  })

  it('ends at its lease', () => {
    const row = session({ leaseEndsAtMs: NOW })
    expect(planned(row, here)).toEqual([{ do: 'end', session: row, because: 'lease' }])
  })

  it('ends as idle when its pod ended with exit code 0, which completes the Job', () => {
    const row = session()
    expect(planned(row, { jobs: [job(jobOf(0), { state: 'complete' })] })).toEqual([
      { do: 'end', session: row, because: 'idle' },
    ])
  })

  it('ends as failed when its Job failed for good or is being deleted', () => {
    const row = session()
    for (const state of ['failed', 'deleting'] as const)
      expect(planned(row, { jobs: [job(jobOf(0), { state })] })).toEqual([
        { do: 'end', session: row, because: 'failed' },
      ])
  })

  it('ends as unused when no page connected to its pod', () => {
    const unused = (agoMs: number) =>
      session({ connectedEpoch: 0, epochAtMs: NOW - agoMs, seenAtMs: NOW - agoMs })
    const row = unused(LIMITS.socketIdleMs + 1)
    expect(planned(row, here)).toEqual([{ do: 'end', session: row, because: 'unused' }])
    expect(planned(unused(LIMITS.socketIdleMs), here)).toEqual([])
    expect(planned({ ...row, seenAtMs: NOW - 1 }, here)).toEqual([])
    expect(planned({ ...row, connectedEpoch: 1 }, here)).toEqual([])
  })

  it('gets its pod deleted when the API crashed between the row and the delete', () => {
    const row = session({ kill: killSent() })
    const { name, uid } = pod(jobOf(0)).pod
    expect(planned(row, here)).toEqual([
      { do: 'killPod', session: row, kill: row.kill, podName: name, podUid: uid },
    ])
    expect(planned(session({ kill: killed() }), here)).toEqual([])
  })

  it('gets its pod deleted when a crash had no effect within its grace, and not before', () => {
    const crash = (agoMs: number) => session({ kill: killSent({ how: 'crash', atMs: NOW - agoMs }) })
    expect(planned(crash(LIMITS.lostGraceMs), here)).toEqual([])
    const [step] = planned(crash(LIMITS.lostGraceMs + 1), here)
    expect(step?.do).toBe('killPod')
    const crashed = { ...here, pods: [pod(jobOf(0), { phase: 'Failed', ready: false })] }
    expect(planned(crash(LIMITS.lostGraceMs + 1), crashed)).toEqual([])
  })

  it('gets no other pod deleted than the kill names', () => {
    const row = session({ kill: killSent() })
    expect(planned(row, { jobs: here.jobs, pods: [pod(jobOf(0), {}, 1)] })).toEqual([])
    expect(planned(row, { jobs: here.jobs, pods: [pod(jobOf(0), { deleting: true })] })).toEqual([])
  })
})

describe('a session that starts cold', () => {
  it('gets its Job when the API crashed before creating it', () => {
    const row = waiting('starting', 1_000)
    expect(planned(row, {})).toEqual([{ do: 'createSessionJob', session: row }])
  })

  it('waits for its pod, then gets it', () => {
    const row = waiting('starting', 1_000)
    const jobs = [job(COLD)]
    expect(planned(row, { jobs, pods: [pending(COLD)] })).toEqual([])
    expect(planned(row, { jobs, pods: [pod(COLD)] })).toEqual([
      { do: 'activate', session: row, pod: pod(COLD).pod },
    ])
  })

  it('ends as failed when its pod is not Ready in time', () => {
    const late = waiting('starting', LIMITS.startBudgetMs + 1)
    expect(planned(late, { jobs: [job(COLD)], pods: [pending(COLD)] })).toEqual([
      { do: 'end', session: late, because: 'failed' },
    ])
    expect(planned(waiting('starting', LIMITS.startBudgetMs), { jobs: [job(COLD)] })).toEqual([])
  })

  it.each(['polite', 'crash', 'freeze'] as const)(
    'gets its first pod deleted when a kill (%s) was requested before it had one',
    (how) => {
      // A crash cannot have been requested over a socket, because there was no pod.
      const row = waiting('starting', 1_000, { kill: killRequested({ how, atMs: NOW - 10 }) })
      expect(planned(row, { jobs: [job(COLD)], pods: [] })).toEqual([])
      const { name, uid } = pod(COLD).pod
      expect(planned(row, { jobs: [job(COLD)], pods: [pod(COLD)] })).toEqual([
        { do: 'killPod', session: row, kill: row.kill, podName: name, podUid: uid },
      ])
    },
  )
})

describe('a session whose Job heals', () => {
  const left = pod(COLD).pod.uid
  const healing = (agoMs: number, more: Partial<SessionRow> = {}) =>
    waiting('recovering', agoMs, {
      epoch: 2,
      previousPodUid: left,
      kill: killed({ podUid: left, atMs: NOW - 12_000, diedAtMs: NOW - 11_500 }),
      ...more,
    })
  const jobs = [job(COLD)]

  it('does not get the pod back that it has left, even when that is Ready', () => {
    expect(planned(healing(10_000), { jobs, pods: [pod(COLD)] })).toEqual([])
  })

  it('gets the replacement, with the time from death to Ready by the cluster’s clock', () => {
    const row = healing(11_000)
    const next = pod(COLD, { readyAtMs: NOW - 500, createdAtMs: NOW - 1_500 }, 1)
    expect(planned(row, { jobs, pods: [next] })).toEqual([
      { do: 'activate', session: row, pod: next.pod, healed: { healMs: 11_000, progress: next.progress } },
    ])
    const exit = { code: 1, reason: 'Error' }
    const dead = pod(COLD, { phase: 'Failed', ready: false, diedAtMs: NOW - 10_500, exit })
    expect(planned(row, { jobs, pods: [dead, next] })).toMatchObject([{ healed: { healMs: 10_000, exit } }])
  })

  it('measures nothing when the pod was not killed, or when the cluster reports no Ready time', () => {
    const next = pod(COLD, { readyAtMs: NOW - 500 }, 1)
    const { kill: _kill, ...lost } = healing(11_000)
    expect(planned(lost, { jobs, pods: [next] })).toEqual([{ do: 'activate', session: lost, pod: next.pod }])
    const { readyAtMs: _readyAtMs, ...untold } = next
    const row = healing(11_000)
    expect(planned(row, { jobs, pods: [untold] })).toEqual([{ do: 'activate', session: row, pod: next.pod }])
  })

  it('goes back to a lost pod that is still Ready after the grace', () => {
    const { kill: _kill, ...lost } = healing(LIMITS.lostGraceMs)
    expect(planned(lost, { jobs, pods: [pod(COLD)] })).toEqual([])
    const { kill: _kill2, ...patient } = healing(LIMITS.lostGraceMs + 1)
    expect(planned(patient, { jobs, pods: [pod(COLD)] })).toEqual([
      { do: 'activate', session: patient, pod: pod(COLD).pod },
    ])
  })

  it('gets its Job created again when that is gone, after the grace', () => {
    expect(planned(healing(LIMITS.lostGraceMs), {})).toEqual([])
    const row = healing(LIMITS.lostGraceMs + 1)
    expect(planned(row, {})).toEqual([{ do: 'createSessionJob', session: row }])
  })

  it('has more time than a start before it fails, because the controller waits 10 s first', () => {
    const budgetMs = LIMITS.startBudgetMs + LIMITS.healBudgetMs
    expect(planned(healing(budgetMs), { jobs })).toEqual([])
    const late = healing(budgetMs + 1)
    expect(planned(late, { jobs })).toEqual([{ do: 'end', session: late, because: 'failed' }])
  })
})

describe('a Job that a session has left', () => {
  const OLD = jobOf(3)
  const old = (kill?: Kill) => previousJob(OLD, kill ? { kill } : {})
  const moved = (left: ReturnType<typeof old>, more: Partial<SessionRow> = {}) =>
    session({ epoch: 2, connectedEpoch: 2, source: 'rescued', previousJobs: [left], ...more })
  const theKill = killed({ podUid: pod(OLD).pod.uid, atMs: NOW - 12_000, diedAtMs: NOW - 11_500 })
  const jobs = [...here.jobs, job(OLD)]

  it('is kept while its kill may still arrive', () => {
    const at = (sinceMs: number) => moved(old(), { epochAtMs: NOW - sinceMs })
    expect(planned(at(LIMITS.lostGraceMs), { jobs, pods: here.pods })).toEqual([])
    expect(planned(at(LIMITS.lostGraceMs + 1), { jobs, pods: here.pods })).toMatchObject([{ do: 'dropJob' }])
  })

  it('is dropped when its pod was lost rather than killed', () => {
    const row = moved(old())
    expect(planned(row, { jobs, pods: here.pods })).toEqual([
      { do: 'dropJob', session: row, previousJob: old(), jobUid: `${OLD}-uid` },
    ])
  })

  it('is kept while it heals, has its healing recorded once, and is then dropped', () => {
    const row = moved(old(theKill))
    expect(planned(row, { jobs, pods: here.pods })).toEqual([])
    expect(planned(row, { jobs, pods: [...here.pods, pending(OLD, {}, 1)] })).toEqual([])
    const next = pod(OLD, { readyAtMs: NOW - 500 }, 1)
    expect(planned(row, { jobs, pods: [...here.pods, next] })).toEqual([
      {
        do: 'recordHeal',
        session: row,
        previousJob: old(theKill),
        healed: { healMs: 11_000, progress: next.progress },
      },
    ])
    const recorded = moved(old(theKill), { heals: [{ epoch: 1, how: 'polite', healMs: 11_000 }] })
    expect(planned(recorded, { jobs, pods: [...here.pods, next] })).toMatchObject([{ do: 'dropJob' }])
  })

  it('is dropped when it does not heal in time, when it ended, and when it is gone', () => {
    const late = moved(old(killed({ ...theKill, atMs: NOW - LIMITS.healBudgetMs - 1 })))
    expect(planned(late, { jobs, pods: here.pods })).toMatchObject([{ do: 'dropJob' }])
    const row = moved(old(theKill))
    expect(
      planned(row, { jobs: [...here.jobs, job(OLD, { state: 'failed' })], pods: here.pods }),
    ).toMatchObject([{ do: 'dropJob' }])
    expect(planned(row, here)).toMatchObject([{ do: 'dropJob', jobUid: undefined }])
  })

  it('is dropped without a healing when its kill was requested before it had a pod', () => {
    const row = moved(old(killRequested({ atMs: theKill.atMs })))
    expect(planned(row, { jobs, pods: [...here.pods, pod(OLD)] })).toMatchObject([{ do: 'dropJob' }])
  })

  it('waits for its turn: a session is written once per pass', () => {
    const row = moved(old(), { previousJobs: [old(), previousJob(jobOf(2))] })
    expect(planned(row, { jobs: [...jobs, job(jobOf(2))], pods: here.pods })).toMatchObject([
      { do: 'dropJob', previousJob: old() },
    ])
  })
})

describe('a session that has ended', () => {
  it('needs nothing once it is finalized', () => {
    expect(planned(session({ state: 'ended', finalized: true }), here)).toEqual([])
  })

  it('has every Job deleted by its UID, and is then finalized', () => {
    const row = session({ state: 'ended', endReason: 'released', previousJobs: [previousJob(jobOf(3))] })
    expect(planned(row, { jobs: [...here.jobs, job(jobOf(3)), job(jobOf(1))] })).toEqual([
      { do: 'deleteJob', session: row, job: jobOf(0), jobUid: `${jobOf(0)}-uid` },
      { do: 'deleteJob', session: row, job: jobOf(3), jobUid: `${jobOf(3)}-uid` },
    ])
    expect(planned(row, { jobs: [job(jobOf(0), { state: 'deleting' })] })).toEqual([])
    expect(planned(row, {})).toEqual([{ do: 'finalize', session: row }])
  })
})
