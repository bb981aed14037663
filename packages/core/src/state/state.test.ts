import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import {
  claimed,
  empty,
  jobOf,
  killed,
  NOW,
  pending,
  pod,
  session,
  starting,
  waiting,
  warm,
} from '../planner/_world.ts'
import { claimable, crashedPod, isKilled, servingPod, toPreviousJob } from './state.ts'

describe(servingPod, () => {
  const name = jobOf(0)

  it('is none where there is none', () => {
    expect(servingPod([], name)).toBeUndefined()
    expect(servingPod([pod(jobOf(1))], name)).toBeUndefined()
  })

  it('is a Ready one before one that is not, and the newest of equals', () => {
    const ready = pod(name, { createdAtMs: 1 })
    const newer = pod(name, { createdAtMs: 2 }, 1)
    const newest = pending(name, { createdAtMs: 3 }, 2)
    expect(servingPod([newest, ready, newer], name)).toBe(newer)
    expect(servingPod([newest], name)).toBe(newest)
  })

  it('is never one that dies, has died, or is the one that was left', () => {
    const left = pod(name)
    const dying = pod(name, { deleting: true }, 1)
    const failed = pod(name, { phase: 'Failed' }, 2)
    const done = pod(name, { phase: 'Succeeded' }, 3)
    expect(servingPod([left, dying, failed, done], name, left.pod.uid)).toBeUndefined()
  })
})

describe(crashedPod, () => {
  const name = jobOf(0)
  const failed = (n: number) => pod(name, { phase: 'Failed', createdAtMs: n }, n)

  it('is the newest of those that ended with an error, in whatever order they are listed', () => {
    expect(crashedPod([failed(1), failed(3), failed(2)], name)).toEqual(failed(3))
    expect(crashedPod([failed(2), failed(1)], name)).toEqual(failed(2))
  })

  it('is none of another Job, none that runs, none that finished and none that is on its way out', () => {
    const others = [
      pod(jobOf(1), { phase: 'Failed' }),
      pod(name),
      pod(name, { phase: 'Succeeded' }, 1),
      pod(name, { phase: 'Failed', deleting: true }, 2),
    ]
    expect(crashedPod(others, name)).toBeUndefined()
  })
})

describe(toPreviousJob, () => {
  const { pod: held, ...without } = session({ epoch: 2 })

  it('names the Job, its epoch and the pod, if there was one', () => {
    const { name = '', uid = '' } = held ?? {}
    expect(toPreviousJob(session({ epoch: 2 }))).toEqual({ job: jobOf(0), epoch: 2, pod: { name, uid } })
    expect(toPreviousJob(without)).toEqual({ job: jobOf(0), epoch: 2 })
  })

  it('takes along the kill that ended its epoch, and none of an epoch before', () => {
    expect(toPreviousJob(session({ epoch: 1, kill: killed() })).kill).toEqual(killed())
    expect(toPreviousJob(session({ epoch: 2, kill: killed() }))).not.toHaveProperty('kill')
    expect(toPreviousJob(session())).not.toHaveProperty('kill')
  })
})

describe(claimable, () => {
  it('is what is warm and was seen Ready lately enough to be believed', () => {
    const fresh = warm(0, { checkedAtMs: NOW - LIMITS.warmStaleMs })
    const stale = warm(1, { checkedAtMs: NOW - LIMITS.warmStaleMs - 1 })
    expect(claimable([fresh, stale, empty(2), starting(3), claimed(4)], NOW, LIMITS)).toEqual([fresh])
  })
})

describe(isKilled, () => {
  it('holds for the pod that the session holds, and for no later one', () => {
    expect(isKilled(session())).toBe(false)
    expect(isKilled(session({ kill: killed() }))).toBe(true)
    expect(isKilled(session({ kill: killed(), epoch: 2 }))).toBe(false)
    expect(isKilled(session({ kill: killed(), pod: pod(jobOf(0), {}, 1).pod }))).toBe(false)
  })

  it('holds while starting, until the pod that came has been killed', () => {
    const { podUid: _podUid, ...asked } = killed({ done: false })
    expect(isKilled(waiting('starting', 0, { kill: asked }))).toBe(true)
    expect(isKilled(waiting('starting', 0, { kill: killed() }))).toBe(false)
  })
})
