import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import {
  jobOf,
  killed,
  killRequested,
  killSent,
  NOW,
  pod,
  previousJob,
  session,
  waiting,
} from '../planner/_world.ts'
import { killOf } from '../state/kill-state.ts'
import type { SessionRow } from '../state/session.ts'
import { completeKill, podOf, requestKill } from './kill.ts'

const request = (row: SessionRow, epoch?: number) => requestKill(row, { epoch, how: 'polite' }, NOW, LIMITS)
const OWN = pod(jobOf(0)).pod
const LEFT = { name: 'left', uid: 'left-uid' }

describe(requestKill, () => {
  it('names the pod that the session holds, and counts as a sign of the page', () => {
    const row = request(session())
    expect(row?.kill).toEqual({ state: 'sent', epoch: 1, how: 'polite', atMs: NOW, podUid: OWN.uid })
    expect(row).toMatchObject({ lastKillAtMs: NOW, seenAtMs: NOW })
  })

  it('names no pod while the session has none', () => {
    const row = request(waiting('starting', 0))
    expect(row?.kill).toEqual({ state: 'requested', epoch: 1, how: 'polite', atMs: NOW })
  })

  it('changes nothing when the pod is killed already, also within the cooldown', () => {
    expect(request(session({ kill: killed(), lastKillAtMs: NOW }))).toBeUndefined()
    expect(request(waiting('starting', 0, { kill: killRequested() }))).toBeUndefined()
  })

  it('goes to the Job that the session has left when the page failed over before its kill arrived', () => {
    const row = request(session({ epoch: 2, previousJobs: [previousJob('old', { pod: LEFT })] }), 1)
    expect(row?.kill).toBeUndefined()
    expect(row?.previousJobs[0]?.kill).toMatchObject({ state: 'sent', epoch: 1, podUid: LEFT.uid })
    const again = session({ epoch: 2, previousJobs: [previousJob('old', { kill: killSent() })] })
    expect(request(again, 1)).toBeUndefined()
  })

  it('goes to the pod that the session has left when the page let Kubernetes heal before its kill arrived', () => {
    const healing = waiting('recovering', 0, { epoch: 2, previousPodUid: LEFT.uid })
    const row = request(healing, 1)
    expect(row?.kill).toMatchObject({ state: 'sent', epoch: 1, podUid: LEFT.uid })
    expect(podOf(row ?? healing, 1)).toBeUndefined()
    expect(request(waiting('recovering', 0, { epoch: 2 }), 1)).toBeUndefined()
    expect(request({ ...healing, kill: killed() }, 1)).toBeUndefined()
  })

  it('changes nothing for an epoch that the session no longer records', () => {
    expect(request(session({ epoch: 3 }), 1)).toBeUndefined()
  })

  it('is refused within the cooldown, for a later epoch, and after the end', () => {
    const soon = session({ lastKillAtMs: NOW - LIMITS.killCooldownMs + 1 })
    expect(() => request(soon)).toThrow(
      expect.objectContaining({ code: 'too_soon', detail: { retryAfterMs: 1 } }),
    )
    expect(request({ ...soon, lastKillAtMs: NOW - LIMITS.killCooldownMs })).toBeDefined()
    expect(() => request(session(), 2)).toThrow(expect.objectContaining({ code: 'future_epoch' }))
    expect(() => request(session({ state: 'ended' }))).toThrow(
      expect.objectContaining({ code: 'session_over' }),
    )
  })
})

describe(podOf, () => {
  it('is the pod of the present epoch, or of a previous Job', () => {
    const row = session({ epoch: 2, previousJobs: [previousJob('old', { pod: LEFT })] })
    expect([podOf(row, 2), podOf(row, 1), podOf(row, 7)]).toEqual([OWN, LEFT, undefined])
  })
})

describe(completeKill, () => {
  const died = { podUid: OWN.uid, diedAtMs: NOW }

  it('marks the kill done, with the time of death when the cluster reported it', () => {
    const row = completeKill(session({ kill: killSent() }), 1, died)
    expect(row?.kill).toEqual(killed({ diedAtMs: NOW }))
    expect(completeKill(session({ kill: killSent() }), 1, { podUid: OWN.uid })?.kill).toEqual(killed())
    expect(row).not.toHaveProperty('previousPodUid')
  })

  it('records the killed pod as left while the session has none, so that it cannot replace itself', () => {
    const row = completeKill(waiting('starting', 0, { kill: killRequested() }), 1, died)
    expect(row).toMatchObject({ previousPodUid: OWN.uid, kill: { state: 'done', podUid: OWN.uid } })
  })

  it('marks the kill of a previous Job done, and no other', () => {
    const others = [previousJob('a', { kill: killSent({ epoch: 1 }) }), previousJob('b', { epoch: 2 })]
    const row = completeKill(session({ epoch: 3, previousJobs: others }), 1, died)
    expect(row?.previousJobs[0]?.kill?.state).toBe('done')
    expect(row?.previousJobs[1]).toEqual(others[1])
  })

  it('changes nothing when the kill is done, or of another epoch', () => {
    expect(completeKill(session({ kill: killed() }), 1, died)).toBeUndefined()
    expect(completeKill(session({ kill: killSent() }), 2, died)).toBeUndefined()
    expect(killOf(session({ kill: killSent() }), 2)).toBeUndefined()
  })
})
