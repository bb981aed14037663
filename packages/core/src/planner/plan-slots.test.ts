import { describe, expect, it } from 'vitest'
import type { Progress } from '../api/contracts.ts'
import { LIMITS } from '../limits.ts'
import type { PodPath } from '../state/cluster-view.ts'
import type { Slot } from '../state/slot.ts'
import type { Snapshot } from '../state/snapshot.ts'
import {
  CONFIG,
  claimed,
  empty,
  job,
  jobOf,
  NOW,
  pending,
  pod,
  pool,
  previousJob,
  session,
  starting,
  warm,
  world,
} from './_world.ts'
import { planSlots } from './plan-slots.ts'
import type { PlanConfig } from './step.ts'

const uid0 = `${jobOf(0)}-uid`
const planned = (snapshot: Parameters<typeof planSlots>[0]) => planSlots(snapshot, NOW, CONFIG)

describe('a pool', () => {
  it('needs nothing when all slots are warm', () => {
    expect(planned(pool())).toEqual([])
  })

  it('without rows has every slot reserved once', () => {
    expect(planned(world({})).map((s) => s.do === 'reserve' && [s.slot.slot, s.slot.gen])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
    ])
  })
})

describe('an empty slot', () => {
  it('is reserved, under the generation it has', () => {
    const slot = empty(2, { gen: 7 })
    expect(planned(pool({ slots: [slot] }))).toEqual([{ do: 'reserve', slot }])
  })

  it('waits while refill is paused, by its back-off or by the owner', () => {
    const refill = { failures: 3, pausedUntilMs: NOW + 1 }
    expect(planned(pool({ slots: [empty(2)], refill }))).toEqual([])
    expect(planned(world({ refill }))).toEqual([])
  })

  it('beyond the target is left empty', () => {
    expect(planned(pool({ slots: [empty(4)] }))).toEqual([])
  })
})

describe('a starting slot', () => {
  it('gets its missing Job after a grace, unless refill is paused', () => {
    const at = (sinceMs: number) => starting(0, { sinceMs: NOW - sinceMs })
    expect(planned(pool({ slots: [at(LIMITS.createGraceMs)] }))).toEqual([])
    const slot = at(LIMITS.createGraceMs + 1)
    expect(planned(pool({ slots: [slot] }))).toEqual([{ do: 'createJob', slot }])
    const refill = { failures: 1, pausedUntilMs: NOW + 1 }
    expect(planned(pool({ slots: [slot], refill }))).toEqual([])
  })

  it('is warm when its pod is Ready, and not before', () => {
    const slot = starting(0)
    const ready = pod(jobOf(0))
    const jobs = [job(jobOf(0))]
    expect(planned(pool({ slots: [slot], jobs, pods: [ready] }))).toEqual([
      { do: 'markWarm', slot, pod: ready.pod },
    ])
    const unready = pending(jobOf(0))
    expect(planned(pool({ slots: [slot], jobs, pods: [unready] }))).toEqual([
      { do: 'noteProgress', slot, progress: unready.progress, routed: undefined, problem: undefined },
    ])
  })

  it('is warm only when the gateway has reached its Ready pod', () => {
    const jobs = [job(jobOf(0))]
    const withPath = (path: PodPath, slot = starting(0)) =>
      planned(pool({ slots: [slot], jobs, pods: [pod(jobOf(0), { path })] }))
    expect(withPath({ state: 'reached', atMs: NOW })).toMatchObject([{ do: 'markWarm' }])
    expect(withPath({ state: 'unchecked' })).toMatchObject([
      { do: 'noteProgress', progress: [{ step: 'created' }], routed: { at: null } },
    ])
    for (const state of ['no_answer', 'gateway_down'] as const) {
      const problem = 'the gateway answered 504'
      const [noted] = withPath({ state, problem })
      const routed = { at: null, problem }
      expect(noted).toMatchObject({ do: 'noteProgress', problem, progress: [{ step: 'created' }], routed })
      // The Job is kept, and the unchanged problem needs no further write.
      const { progress = [] } = noted as { progress?: Progress }
      expect(withPath({ state, problem }, starting(0, { progress, routed, problem }))).toEqual([])
    }
  })

  it('that the gateway does not reach is retired after its start budget, but not while the gateway is down', () => {
    const late = starting(0, { sinceMs: NOW - LIMITS.startBudgetMs - 1 })
    const parts = (state: 'no_answer' | 'gateway_down') => ({
      jobs: [job(jobOf(0))],
      pods: [pod(jobOf(0), { path: { state, problem: 'the gateway answered' } })],
    })
    expect(planned(pool({ slots: [late], ...parts('no_answer') }))).toMatchObject([
      { do: 'retire', because: 'start_timed_out' },
    ])
    expect(planned(pool({ slots: [late], ...parts('gateway_down') }))).toMatchObject([{ do: 'noteProgress' }])
  })

  it('is not warmed by a pod that is being deleted, or that has failed', () => {
    const slot = starting(0)
    const jobs = [job(jobOf(0))]
    for (const dying of [{ deleting: true }, { phase: 'Succeeded' }] as const)
      expect(planned(pool({ slots: [slot], jobs, pods: [pod(jobOf(0), dying)] }))).toEqual([])
    const failed = planned(pool({ slots: [slot], jobs, pods: [pod(jobOf(0), { phase: 'Failed' })] }))
    expect(failed.map((step) => step.do)).toEqual(['noteProgress'])
  })

  it('shows why its last pod failed while it has no other pod', () => {
    const slot = starting(0)
    const jobs = [job(jobOf(0))]
    const failed = pod(jobOf(0), {
      phase: 'Failed',
      ready: false,
      problem: 'Exited with code 1',
      createdAtMs: 1,
    })
    const last = pod(jobOf(0), { ...failed, problem: 'Exited with code 2', createdAtMs: 2 })
    expect(planned(pool({ slots: [slot], jobs, pods: [last, failed] }))).toMatchObject([
      { do: 'noteProgress', problem: 'Exited with code 2' },
    ])
    const next = pending(jobOf(0))
    const told = planned(pool({ slots: [slot], jobs, pods: [failed, next] }))
    expect(told).toMatchObject([{ do: 'noteProgress', progress: next.progress, problem: undefined }])
  })

  it('notes progress and problem once, then needs nothing until they change', () => {
    const stuck = pending(jobOf(0), { problem: 'ImagePullBackOff' })
    const noted = starting(0, { progress: stuck.progress, problem: 'ImagePullBackOff' })
    const parts = { jobs: [job(jobOf(0))], pods: [stuck] }
    expect(planned(pool({ slots: [starting(0)], ...parts }))).toMatchObject([
      { do: 'noteProgress', problem: 'ImagePullBackOff' },
    ])
    expect(planned(pool({ slots: [noted], ...parts }))).toEqual([])
    expect(planned(pool({ slots: [noted], jobs: parts.jobs, pods: [pending(jobOf(0))] }))).toMatchObject([
      { do: 'noteProgress', problem: undefined },
    ])
  })

  it('that did not start in time is retired, and not a millisecond before', () => {
    const parts = { jobs: [job(jobOf(0))], pods: [pending(jobOf(0))] }
    const late = starting(0, { sinceMs: NOW - LIMITS.startBudgetMs - 1 })
    expect(planned(pool({ slots: [late], ...parts }))).toEqual([
      { do: 'retire', slot: late, because: 'start_timed_out', jobUid: uid0 },
    ])
    const inTime = starting(0, { sinceMs: NOW - LIMITS.startBudgetMs, progress: pending(jobOf(0)).progress })
    expect(planned(pool({ slots: [inTime], ...parts }))).toEqual([])
  })

  it('is retired without a Job to delete when there is none', () => {
    const slot = starting(0, { sinceMs: NOW - LIMITS.startBudgetMs - 1 })
    expect(planned(pool({ slots: [slot] }))).toEqual([
      { do: 'retire', slot, because: 'start_timed_out', jobUid: undefined },
    ])
  })

  it('whose Job ended is retired', () => {
    const slot = starting(0)
    for (const state of ['failed', 'complete', 'deleting'] as const)
      expect(planned(pool({ slots: [slot], jobs: [job(jobOf(0), { state })] }))).toEqual([
        { do: 'retire', slot, because: 'job_ended', jobUid: uid0 },
      ])
  })

  it('of another specification is retired at once, because no visitor can hold it', () => {
    const slot = starting(0, { spec: 'spec-0' })
    expect(planned(pool({ slots: [slot], jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }))).toEqual([
      { do: 'retire', slot, because: 'spec_outdated', jobUid: uid0 },
    ])
  })
})

describe('a warm slot', () => {
  const parts = { jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }

  it('is confirmed when its pod is Ready and the last check is old', () => {
    const slot = warm(0, { checkedAtMs: NOW - LIMITS.warmCheckMs })
    expect(planned(pool({ slots: [slot], ...parts }))).toEqual([{ do: 'confirmWarm', slot }])
  })

  it('whose pod is gone, not Ready, being deleted or replaced is retired', () => {
    const slot = warm(0)
    const bad = [
      [],
      [pod(jobOf(0), { ready: false })],
      [pod(jobOf(0), { deleting: true })],
      [pod(jobOf(0), { phase: 'Failed' })],
      [pod(jobOf(0), {}, 1)],
    ]
    for (const pods of bad)
      expect(planned(pool({ slots: [slot], jobs: parts.jobs, pods }))).toEqual([
        { do: 'retire', slot, because: 'pod_not_ready', jobUid: uid0 },
      ])
  })

  describe('whose last handshake is old', () => {
    const slot = warm(0, { reachedAtMs: NOW - LIMITS.pathCheckMs })
    const withPath = (path: PodPath, of = slot) =>
      planned(pool({ slots: [of], jobs: parts.jobs, pods: [pod(jobOf(0), { path })] }))

    it('is confirmed with the time of a handshake that reached its pod', () => {
      expect(withPath({ state: 'reached', atMs: NOW - 5 })).toEqual([
        { do: 'confirmWarm', slot, reachedAtMs: NOW - 5 },
      ])
      const unknown = warm(0)
      expect(withPath({ state: 'reached', atMs: NOW }, unknown)).toMatchObject([{ reachedAtMs: NOW }])
      expect(withPath({ state: 'reached', atMs: NOW }, warm(0, { reachedAtMs: NOW - 1 }))).toEqual([])
    })

    it('is retired when all handshakes have failed for long enough, and not a millisecond before', () => {
      const problem = 'the gateway answered 504'
      const path = { state: 'no_answer', problem, unreachedMs: LIMITS.unreachedMs } as const
      expect(withPath(path)).toEqual([
        { do: 'retire', slot, because: 'pod_unreached', jobUid: uid0, problem },
      ])
      expect(withPath({ ...path, unreachedMs: LIMITS.unreachedMs - 1 })).toEqual([])
      expect(withPath({ state: 'no_answer', problem })).toEqual([])
    })

    it('stays warm while the gateway itself is down, and keeps the age of its last handshake', () => {
      const path = { state: 'gateway_down', problem: 'the gateway answered 503' } as const
      expect(withPath(path)).toEqual([])
      const old = { ...slot, checkedAtMs: NOW - LIMITS.warmCheckMs }
      expect(withPath(path, old)).toEqual([{ do: 'confirmWarm', slot: old }])
    })
  })

  it('whose Job ended, or is gone, is retired', () => {
    const slot = warm(0)
    expect(
      planned(pool({ slots: [slot], jobs: [job(jobOf(0), { state: 'deleting' })], pods: parts.pods })),
    ).toMatchObject([{ do: 'retire', because: 'job_ended' }])
    expect(planned(pool({ slots: [slot], pods: parts.pods }))).toMatchObject([
      { do: 'retire', because: 'job_ended', jobUid: undefined },
    ])
  })
})

describe('rotation', () => {
  it('retires one slot of another specification at a time, while the others are warm', () => {
    const slots = [0, 1, 2, 3].map((slot) => warm(slot, { spec: 'spec-0' }))
    const steps = planned(
      pool({ slots, jobs: slots.map((s) => job(s.job)), pods: slots.map((s) => pod(s.job)) }),
    )
    expect(steps).toEqual([{ do: 'retire', slot: slots[0], because: 'spec_outdated', jobUid: uid0 }])
  })

  it('retires a slot beyond the maximum age, and none at that age', () => {
    const aged = warm(0, { sinceMs: NOW - LIMITS.warmAgeMs - 1 })
    const parts = { jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }
    expect(planned(pool({ slots: [aged], ...parts }))).toEqual([
      { do: 'retire', slot: aged, because: 'max_age_exceeded', jobUid: uid0 },
    ])
    expect(planned(pool({ slots: [warm(0, { sinceMs: NOW - LIMITS.warmAgeMs })], ...parts }))).toEqual([])
  })

  it('waits for a slot that is starting, claimed or empty, and for a pause', () => {
    const old = warm(0, { spec: 'spec-0' })
    const parts = { jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }
    const retires = (snapshot: Parameters<typeof planSlots>[0]) =>
      planned(snapshot).filter((s) => s.do === 'retire')
    const other = [starting(1, { progress: [] }), claimed(1), empty(1)]
    for (const slot of other)
      expect(
        retires(
          pool({
            slots: [old, slot],
            jobs: [...parts.jobs, job(jobOf(1))],
            pods: parts.pods,
          }),
        ),
      ).toEqual([])
    const refill = { failures: 0, pausedUntilMs: NOW + 1 }
    expect(retires(pool({ slots: [old], ...parts, refill }))).toEqual([])
  })

  it('waits while another slot is being retired', () => {
    const slots = [warm(0, { spec: 'spec-0' }), warm(1)]
    const jobs = [job(jobOf(0)), job(jobOf(1))]
    expect(planned(pool({ slots, jobs, pods: [pod(jobOf(0))] }))).toMatchObject([
      { do: 'retire', slot: { slot: 1 }, because: 'pod_not_ready' },
    ])
  })

  describe('of 400 slots', () => {
    const SLOTS = 400
    const large: PlanConfig = { ...CONFIG, limits: { ...LIMITS, target: SLOTS, cap: 2 * SLOTS } }
    const outdated = Array.from({ length: SLOTS }, (_, slot) => warm(slot, { spec: 'spec-0' }))
    /** The slots that rotation retires. A given slot replaces the warm slot of the same number. */
    const rotated = (given: readonly Slot[] = [], parts: Partial<Snapshot> = {}) => {
      const numbers = new Set(given.map(({ slot }) => slot))
      const slots = [...given, ...outdated.filter(({ slot }) => !numbers.has(slot))]
      const jobs = slots.map(({ slot }) => job(jobOf(slot)))
      const pods = slots.flatMap(({ slot, state }) => (state === 'WARM' ? [pod(jobOf(slot))] : []))
      return planSlots(world({ slots, jobs, pods, ...parts }), NOW, large).flatMap((step) =>
        step.do === 'retire' && step.because === 'spec_outdated' ? [step.slot.slot] : [],
      )
    }
    const first = (count: number) => Array.from({ length: count }, (_, slot) => slot)

    it('retires a twentieth at a time', () => {
      expect(rotated()).toEqual(first(20))
    })

    it('retires fewer for each slot that is starting, claimed, empty or without its pod', () => {
      const given = [starting(397, { progress: [] }), claimed(398), empty(399)]
      expect(rotated(given)).toEqual(first(17))
      const pods = outdated.slice(1).map(({ slot }) => pod(jobOf(slot)))
      expect(rotated([], { pods })).toEqual(first(20).slice(1))
      expect(rotated(Array.from({ length: 20 }, (_, n) => claimed(399 - n)))).toEqual([])
    })

    it('counts a warm slot beyond the target as none of the pool', () => {
      expect(rotated([warm(401, { spec: 'spec-0' }), claimed(399)])).toEqual(first(19))
    })

    it('retires in a partial snapshot the slots that a whole one has chosen, and no others', () => {
      expect(rotated([], { isPartial: true })).toEqual([])
      expect(rotated([claimed(7)], { isPartial: true, rotating: new Set([5, 7, 30]) })).toEqual([5, 30])
    })
  })

  it('replaces the confirmation of its slot, and keeps those of the others', () => {
    const slots = [0, 1, 2, 3].map((slot) =>
      warm(slot, { spec: slot === 2 ? 'spec-0' : CONFIG.spec, checkedAtMs: NOW - LIMITS.warmCheckMs }),
    )
    const steps = planned(
      pool({ slots, jobs: slots.map((s) => job(s.job)), pods: slots.map((s) => pod(s.job)) }),
    )
    expect(steps.map((s) => [s.do, 'slot' in s && s.slot.slot])).toEqual([
      ['confirmWarm', 0],
      ['confirmWarm', 1],
      ['confirmWarm', 3],
      ['retire', 2],
    ])
  })
})

describe('a claimed slot', () => {
  const parts = { jobs: [job(jobOf(0))], pods: [pod(jobOf(0))] }

  it('is freed when the session holds its Job, or has held it', () => {
    const slot = claimed(0)
    expect(planned(pool({ slots: [slot], sessions: [session()], ...parts }))).toEqual([{ do: 'free', slot }])
    const moved = session({ epoch: 2, job: jobOf(7), previousJobs: [previousJob(jobOf(0))] })
    expect(planned(pool({ slots: [slot], sessions: [moved], ...parts }))).toEqual([{ do: 'free', slot }])
  })

  it('has its claim completed after a grace for the session row', () => {
    const fresh = claimed(0, { claimedAtMs: NOW - LIMITS.claimGraceMs })
    expect(planned(pool({ slots: [fresh], ...parts }))).toEqual([])
    const late = claimed(0, { claimedAtMs: NOW - LIMITS.claimGraceMs - 1 })
    expect(planned(pool({ slots: [late], ...parts }))).toEqual([
      { do: 'completeClaim', slot: late, session: undefined },
    ])
  })

  it('has its claim completed on a session whose fail-over crashed between its two writes', () => {
    const slot = claimed(0, { epoch: 2, claimedAtMs: NOW - LIMITS.claimGraceMs - 1 })
    const behind = session({ epoch: 1, job: jobOf(7) })
    expect(planned(pool({ slots: [slot], sessions: [behind], ...parts }))).toEqual([
      { do: 'completeClaim', slot, session: behind },
    ])
  })

  it('whose claim was superseded is retired: the session reached that epoch, or ended, without it', () => {
    const slot = claimed(0)
    const because = 'claim_superseded'
    const steps = [{ do: 'retire', slot, because, jobUid: uid0 }]
    expect(planned(pool({ slots: [slot], sessions: [session({ job: jobOf(7) })], ...parts }))).toEqual(steps)
    const second = claimed(0, { epoch: 2 })
    const over = session({ job: jobOf(7), state: 'ended' })
    expect(planned(pool({ slots: [second], sessions: [over], ...parts }))).toEqual([
      { do: 'retire', slot: second, because, jobUid: uid0 },
    ])
  })

  it('is not retired by a deploy, by age or by a smaller pool', () => {
    const slot = claimed(5, { spec: 'spec-0', sinceMs: NOW - 2 * LIMITS.warmAgeMs })
    const theirs = session({ job: jobOf(5) })
    expect(planned(pool({ slots: [slot], sessions: [theirs], jobs: [job(jobOf(5))] }))).toEqual([
      { do: 'free', slot },
    ])
  })
})

describe('a slot beyond the target', () => {
  it('is retired when it is starting or warm', () => {
    const extra = [starting(4), warm(5)]
    const jobs = [job(jobOf(4)), job(jobOf(5))]
    const steps = planned(pool({ slots: extra, jobs, pods: [pod(jobOf(5))] }))
    expect(steps.map((s) => s.do === 'retire' && [s.slot.slot, s.because])).toEqual([
      [4, 'beyond_target'],
      [5, 'beyond_target'],
    ])
  })
})
