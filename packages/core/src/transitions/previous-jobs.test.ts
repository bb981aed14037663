import { describe, expect, it } from 'vitest'
import { jobOf, killed, session } from '../planner/_world.ts'
import { toPreviousJob } from './previous-jobs.ts'

describe(toPreviousJob, () => {
  const { pod: held, ...without } = session({ epoch: 2 })

  it('names the Job, its epoch and the pod, if there was one', () => {
    const { name = '', uid = '' } = held ?? {}
    expect(toPreviousJob(session({ epoch: 2 }))).toEqual({ job: jobOf(0), epoch: 2, pod: { name, uid } })
    expect(toPreviousJob(without)).toEqual({ job: jobOf(0), epoch: 2 })
  })

  it('keeps the kill that ended its epoch, and none of an earlier epoch', () => {
    expect(toPreviousJob(session({ epoch: 1, kill: killed() })).kill).toEqual(killed())
    expect(toPreviousJob(session({ epoch: 2, kill: killed() }))).not.toHaveProperty('kill')
    expect(toPreviousJob(session())).not.toHaveProperty('kill')
  })
})
