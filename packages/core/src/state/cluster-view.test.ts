import { describe, expect, it } from 'vitest'
import { jobOf, pending, pod } from '../planner/_world.ts'
import { crashedPod, servingPod } from './cluster-view.ts'

describe(servingPod, () => {
  const name = jobOf(0)

  it('is undefined without a pod of the Job', () => {
    expect(servingPod([], name)).toBeUndefined()
    expect(servingPod([pod(jobOf(1))], name)).toBeUndefined()
  })

  it('prefers a Ready pod, then the newest', () => {
    const ready = pod(name, { createdAtMs: 1 })
    const newer = pod(name, { createdAtMs: 2 }, 1)
    const newest = pending(name, { createdAtMs: 3 }, 2)
    expect(servingPod([newest, ready, newer], name)).toBe(newer)
    expect(servingPod([newest], name)).toBe(newest)
  })

  it('is no pod that is being deleted, has ended, or was left', () => {
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

  it('is the newest pod that ended with an error, in any order of the list', () => {
    expect(crashedPod([failed(1), failed(3), failed(2)], name)).toEqual(failed(3))
    expect(crashedPod([failed(2), failed(1)], name)).toEqual(failed(2))
  })

  it('is no pod of another Job, and none that runs, finished or is being deleted', () => {
    const others = [
      pod(jobOf(1), { phase: 'Failed' }),
      pod(name),
      pod(name, { phase: 'Succeeded' }, 1),
      pod(name, { phase: 'Failed', deleting: true }, 2),
    ]
    expect(crashedPod(others, name)).toBeUndefined()
  })
})
