import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import {
  claimed,
  jobOf,
  killed,
  killRequested,
  killSent,
  NOW,
  pod,
  previousJob,
  session,
  waiting,
  warm,
} from '../planner/_world.ts'
import { activate } from './activate.ts'
import { completeClaim } from './complete-claim.ts'
import { connectSession, hasFailedOverAfterKill } from './connect-session.ts'
import { createColdSession, createWarmSession } from './create-session.ts'
import { endSession, finalize } from './end-session.ts'
import { extendSession } from './extend-session.ts'
import { dropPreviousJob, recordHeal } from './previous-jobs.ts'

const RECEIPT = { outcome: 'warm' as const, stages: [], candidates: 4, tries: 1, conflicts: 0 }
const code = (of: string) => expect.objectContaining({ code: of })

describe('a new session', () => {
  const given = { sessionId: 'ada', visitor: 'v', receipt: RECEIPT }

  it('is live on a warm slot’s pod, with a lease and a lifetime', () => {
    const { job, key, pod } = warm(0)
    expect(createWarmSession(given, warm(0), NOW, LIMITS)).toEqual({
      ...given,
      version: 1,
      state: 'live',
      source: 'warm',
      epoch: 1,
      job,
      key,
      pod,
      createdAtMs: NOW,
      epochAtMs: NOW,
      seenAtMs: NOW,
      connectedEpoch: 0,
      leaseEndsAtMs: NOW + LIMITS.leaseMs,
      endsAtMs: NOW + LIMITS.lifetimeMs,
      previousJobs: [],
      heals: [],
      finalized: false,
    })
  })

  it('waits for its own Job otherwise', () => {
    const row = createColdSession(given, { job: 'cold', key: 'k' }, NOW, LIMITS)
    expect(row).toMatchObject({ state: 'starting', source: 'cold', job: 'cold', key: 'k' })
    expect(row).not.toHaveProperty('pod')
  })
})

describe(completeClaim, () => {
  it('writes the missing session from the slot', () => {
    const slot = claimed(2, { visitor: 'v' })
    const { sessionId, job, key, pod } = slot
    const row = completeClaim(slot, undefined, NOW, LIMITS)
    expect(row).toMatchObject({
      sessionId,
      visitor: 'v',
      state: 'live',
      source: 'warm',
      epoch: 1,
      job,
      key,
      pod,
    })
    expect(completeClaim(claimed(2), undefined, NOW, LIMITS).visitor).toBe('')
    const asked = claimed(2, { requestId: 'claim' })
    expect(completeClaim(asked, undefined, NOW, LIMITS).requestId).toBe('claim')
    expect(completeClaim(asked, session({ requestId: 'before' }), NOW, LIMITS).requestId).toBe('claim')
  })

  it('moves a session that stayed behind to the slot’s pod, as a fail-over would have', () => {
    const slot = claimed(2, { epoch: 2 })
    const row = completeClaim(slot, session({ kill: killed() }), NOW, LIMITS)
    expect(row).toMatchObject({
      state: 'live',
      source: 'rescued',
      epoch: 2,
      job: slot.job,
      pod: slot.pod,
      epochAtMs: NOW,
      replacedAtMs: NOW,
      seenAtMs: session().seenAtMs,
      previousJobs: [{ job: jobOf(0), epoch: 1, kill: killed() }],
    })
    expect(row).not.toHaveProperty('kill')
  })
})

describe(activate, () => {
  const next = pod(jobOf(0), {}, 1).pod
  const waits = waiting('recovering', 9_000, {
    epoch: 2,
    previousPodUid: 'left',
    kill: killed(),
    job: jobOf(0),
  })

  it('gives the pod to the session, records the healing, and does not count as a sign of the page', () => {
    const row = activate(waits, waits, { pod: next, healed: { healMs: 11_000 } }, NOW)
    expect(row).toMatchObject({ state: 'live', pod: next, epochAtMs: NOW })
    expect(row?.heals).toEqual([{ epoch: 1, how: 'polite', healMs: 11_000 }])
    expect(row).not.toHaveProperty('kill')
    expect(row).not.toHaveProperty('previousPodUid')
    const silent = { ...waits, seenAtMs: NOW - 50_000 }
    expect(activate(silent, silent, { pod: next }, NOW)?.seenAtMs).toBe(waits.epochAtMs)
  })

  it('changes nothing when the session no longer waits as it did', () => {
    const { kill: _kill, ...unkilled } = waits
    const since: Parameters<typeof activate>[0][] = [
      { ...waits, epoch: 3 },
      { ...waits, job: 'another' },
      { ...waits, state: 'live' },
      { ...waits, state: 'ended' },
      { ...waits, previousPodUid: 'other' },
      { ...waits, kill: killed({ atMs: NOW }) },
      { ...waits, kill: killSent({ atMs: killed().atMs }) },
      unkilled,
    ]
    for (const row of since) expect(activate(row, waits, { pod: next }, NOW)).toBeUndefined()
    const starts = waiting('starting', 0)
    expect(activate({ ...starts, kill: killRequested() }, starts, { pod: next }, NOW)).toBeUndefined()
    expect(activate({ ...waits, version: 99 }, waits, { pod: next }, NOW)).toBeDefined()
  })
})

describe('the end of a session', () => {
  it('comes with the visitor’s release in any case, and with refill’s judgement only if nothing has changed', () => {
    const judged = session({ version: 3 })
    const now = session({ version: 4 })
    expect(endSession(now, judged, 'released', NOW)).toMatchObject({
      state: 'ended',
      endReason: 'released',
      endedAtMs: NOW,
    })
    expect(endSession(now, judged, 'lease', NOW)).toBeUndefined()
    expect(endSession(judged, judged, 'lease', NOW)).toMatchObject({ state: 'ended', endReason: 'lease' })
  })

  it('removes the key of its Job, and so does its finalization', () => {
    expect(session().key).not.toBe('')
    expect(endSession(session(), session(), 'lease', NOW)?.key).toBe('')
    // The version before ended sessions without removing the key.
    expect(finalize(session({ state: 'ended' })).key).toBe('')
  })

  it('comes once', () => {
    const ended = session({ state: 'ended', endReason: 'lease' })
    expect(endSession(ended, ended, 'released', NOW)).toBeUndefined()
  })

  it('is finalized later', () => {
    expect(finalize(session({ state: 'ended' })).finalized).toBe(true)
  })
})

describe(extendSession, () => {
  it('extends the lease from now, up to the lifetime', () => {
    expect(extendSession(session(), NOW, LIMITS)).toMatchObject({
      leaseEndsAtMs: NOW + LIMITS.leaseMs,
      seenAtMs: NOW,
    })
    expect(extendSession(session({ endsAtMs: NOW + 300_000 - 1 }), NOW, LIMITS).leaseEndsAtMs).toBe(
      NOW + 300_000 - 1,
    )
  })

  it('is refused at the lifetime and after the end', () => {
    expect(() => extendSession(session({ leaseEndsAtMs: NOW + 1, endsAtMs: NOW + 1 }), NOW, LIMITS)).toThrow(
      code('lease_at_limit'),
    )
    expect(() => extendSession(session({ state: 'ended' }), NOW, LIMITS)).toThrow(code('session_over'))
  })
})

describe(connectSession, () => {
  it('records the first report of an epoch, and no second one', () => {
    const row = connectSession(session({ epoch: 2 }), 2, NOW)
    expect(row).toMatchObject({ connectedEpoch: 2, connectedAtMs: NOW, seenAtMs: NOW })
    expect(row && connectSession(row, 2, NOW + 1)).toBeUndefined()
  })

  it('is refused for another epoch and after the end', () => {
    expect(() => connectSession(session({ epoch: 2 }), 1, NOW)).toThrow(code('old_epoch'))
    expect(() => connectSession(session(), 2, NOW)).toThrow(code('future_epoch'))
    expect(() => connectSession(session({ state: 'ended' }), 1, NOW)).toThrow(code('session_over'))
  })

  it('measures a fail-over only when the pod before was killed', () => {
    const rescued = (previous: Parameters<typeof previousJob>[1]) =>
      session({ epoch: 2, source: 'rescued', previousJobs: [previousJob('old', previous)] })
    expect(hasFailedOverAfterKill(rescued({ epoch: 1, kill: killed() }))).toBe(true)
    expect(hasFailedOverAfterKill(rescued({ epoch: 1 }))).toBe(false)
    expect(hasFailedOverAfterKill({ ...rescued({ epoch: 1, kill: killed() }), epoch: 3 })).toBe(false)
    expect(hasFailedOverAfterKill({ ...rescued({ epoch: 1, kill: killed() }), source: 'cold' })).toBe(false)
  })
})

describe('a previous Job', () => {
  it('is dropped by its name', () => {
    const row = session({ previousJobs: [previousJob('a'), previousJob('b')] })
    expect(dropPreviousJob(row, previousJob('a')).previousJobs).toEqual([previousJob('b')])
  })

  it('has its healing recorded when it was killed, and the page’s last sign stays', () => {
    const row = recordHeal(session(), previousJob('a', { kill: killed() }), { healMs: 9_000 })
    expect(row?.heals).toEqual([{ epoch: 1, how: 'polite', healMs: 9_000 }])
    expect(row?.seenAtMs).toBe(session().seenAtMs)
    expect(recordHeal(session(), previousJob('a'), { healMs: 9_000 })).toBeUndefined()
  })
})
