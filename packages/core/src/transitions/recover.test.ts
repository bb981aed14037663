import { describe, expect, it } from 'vitest'
import {
  COLD,
  jobOf,
  killed,
  killRequested,
  NOW,
  pod,
  previousJob,
  session,
  waiting,
  warm,
} from '../planner/_world.ts'
import { failOver, heal, healInstead, isRepeatedRecovery } from './recover.ts'

const RECEIPT = { outcome: 'warm' as const, stages: [], candidates: 1, tries: 1, conflicts: 0 }
const NEXT = warm(3)
const COLD_JOB = { job: COLD, key: 'cold-key' }
const over = expect.objectContaining({ code: 'session_over' })

describe(isRepeatedRecovery, () => {
  it('is true for the epoch just replaced, and false for the present one', () => {
    expect([1, 2].map((epoch) => isRepeatedRecovery(session({ epoch: 2 }), epoch))).toEqual([true, false])
  })

  it('refuses other epochs, and an ended session', () => {
    expect(() => isRepeatedRecovery(session({ epoch: 3 }), 1)).toThrow(
      expect.objectContaining({ code: 'old_epoch' }),
    )
    expect(() => isRepeatedRecovery(session(), 2)).toThrow(expect.objectContaining({ code: 'future_epoch' }))
    expect(() => isRepeatedRecovery(session({ state: 'ended' }), 1)).toThrow(over)
  })
})

describe(failOver, () => {
  it('moves the session to a warm slot’s pod, and keeps the Job it leaves with its kill', () => {
    const row = session({ kill: killed() })
    expect(failOver(row, 1, NEXT, RECEIPT, NOW)).toEqual({
      ...session(),
      state: 'live',
      source: 'rescued',
      epoch: 2,
      epochAtMs: NOW,
      replacedAtMs: NOW,
      seenAtMs: NOW,
      job: NEXT.job,
      key: NEXT.key,
      pod: NEXT.pod,
      receipt: RECEIPT,
      previousJobs: [
        { job: jobOf(0), epoch: 1, kill: killed(), pod: { name: row.pod?.name, uid: row.pod?.uid } },
      ],
    })
  })

  it('takes over the request that asked for the next Job, and never keeps the one before', () => {
    const row = session({ requestId: 'claim' })
    const moved = failOver(row, 1, { ...NEXT, requestId: 'recover' }, RECEIPT, NOW)
    expect(moved?.requestId).toBe('recover')
    expect(failOver(row, 1, NEXT, RECEIPT, NOW)).not.toHaveProperty('requestId')
    expect(heal(row, 1, NOW)?.requestId).toBe('claim')
    const cold = failOver(row, 1, { ...COLD_JOB, requestId: 'recover' }, RECEIPT, NOW)
    expect(cold && healInstead(cold, cold, row)?.requestId).toBe('claim')
  })

  it('waits for a new Job when there is no warm slot', () => {
    const row = failOver(session(), 1, COLD_JOB, RECEIPT, NOW)
    expect(row).toMatchObject({ state: 'starting', source: 'cold', ...COLD_JOB })
    expect(row).not.toHaveProperty('pod')
  })

  it('changes nothing when another request has replaced the epoch, and refuses an ended session', () => {
    expect(failOver(session({ epoch: 2 }), 1, NEXT, RECEIPT, NOW)).toBeUndefined()
    expect(() => failOver(session({ state: 'ended' }), 1, NEXT, RECEIPT, NOW)).toThrow(over)
  })
})

describe(heal, () => {
  it('keeps the Job, the kill and the UID of the pod that the session leaves', () => {
    const row = heal(session({ kill: killed() }), 1, NOW)
    expect(row).toMatchObject({ state: 'recovering', epoch: 2, job: jobOf(0), kill: killed() })
    expect(row?.previousPodUid).toBe(pod(jobOf(0)).pod.uid)
    expect(row).not.toHaveProperty('pod')
    expect(row?.previousJobs).toEqual([])
  })

  it('keeps the UID of the pod left before while the session has none', () => {
    const row = heal(waiting('recovering', 0, { previousPodUid: 'left' }), 1, NOW)
    expect(row?.previousPodUid).toBe('left')
  })

  it('drops the kill of an earlier epoch', () => {
    expect(heal(session({ epoch: 2, kill: killed({ epoch: 1 }) }), 2, NOW)).not.toHaveProperty('kill')
  })

  it('changes nothing when another request has replaced the epoch, and refuses an ended session', () => {
    expect(heal(session({ epoch: 2 }), 1, NOW)).toBeUndefined()
    expect(() => heal(session({ state: 'ended' }), 1, NOW)).toThrow(over)
  })
})

describe(healInstead, () => {
  const before = session({ kill: killed() })
  const moved = failOver(before, 1, COLD_JOB, RECEIPT, NOW) ?? before

  it('goes back to the Job before, and keeps the refused Job for deletion', () => {
    const row = healInstead(moved, moved, before)
    expect(row).toMatchObject({
      state: 'recovering',
      epoch: 2,
      source: before.source,
      job: before.job,
      key: before.key,
      kill: killed(),
      previousPodUid: before.pod?.uid,
      previousJobs: [{ job: COLD, epoch: 2 }],
      receipt: { outcome: 'capacity' },
    })
  })

  it('keeps other previous Jobs', () => {
    const other = previousJob('other')
    const row = healInstead({ ...moved, previousJobs: [other, ...moved.previousJobs] }, moved, before)
    expect(row?.previousJobs.map(({ job }) => job)).toEqual(['other', COLD])
  })

  it('changes nothing when refill has activated the new Job, or the session has moved on', () => {
    expect(healInstead({ ...moved, state: 'live' }, moved, before)).toBeUndefined()
    expect(healInstead({ ...moved, job: 'another' }, moved, before)).toBeUndefined()
    expect(healInstead({ ...moved, epoch: 3 }, moved, before)).toBeUndefined()
    expect(() => healInstead({ ...moved, state: 'ended' }, moved, before)).toThrow(over)
    expect(healInstead({ ...moved, kill: killRequested({ epoch: 2 }) }, moved, session())?.kill).toEqual(
      killRequested({ epoch: 2 }),
    )
  })
})
