import { describe, expect, it } from 'vitest'
import * as real from '../../src/planner/_world.ts'
import { plan } from '../../src/planner/plan.ts'
import type { SessionRow } from '../../src/state/session.ts'
import type { Slot } from '../../src/state/slot.ts'
import { claimSlot } from '../../src/transitions/claim-slot.ts'
import { completeClaim } from '../../src/transitions/complete-claim.ts'
import { endSession } from '../../src/transitions/end-session.ts'
import { emptySlot } from '../../src/transitions/fill-slot.ts'
import { dropPreviousJob } from '../../src/transitions/previous-jobs.ts'
import { failOver } from '../../src/transitions/recover.ts'
import { explore } from './_explore.ts'
import { planSession, planSlot } from './_refill.ts'
import { GUARDS, SMALL } from './_scopes.ts'
import {
  created,
  dropped,
  emptied,
  epochOf,
  type Guard,
  jobOf,
  movedOn,
  type SessionRow as Row,
  type SlotRow,
  VISITORS,
  type World,
} from './_world.ts'

describe('the claim protocol', () => {
  it.each(SMALL)(
    'keeps its laws in every world of $what, comes to rest from each, and agrees with the real code',
    ({ budget }) => {
      const comparisons = new Comparisons()
      const found = explore(budget, undefined, (world) => comparisons.note(world))
      expect(found.broken).toBeUndefined()
      expect(found.worlds).toBeGreaterThan(10_000)
      expect(found.atRest).toBeGreaterThan(0)
      comparisons.run()
    },
  )
})

describe('a guard of the protocol', () => {
  it.each(Object.keys(GUARDS) as Guard[])('is needed: %s', (guard) => {
    const { budget, law } = GUARDS[guard]
    expect(explore(budget).broken).toBeUndefined()
    const { broken } = explore(budget, guard)
    expect(broken?.law).toMatch(law)
    expect(broken?.history.length).toBeLessThan(20)
  })

  it('that is missing shows in a readable history', () => {
    const { broken } = explore({}, 'a claim names state and gen')
    expect(broken).toEqual({
      law: '3: slot 0 was ada’s, and bob has claimed it too',
      history: [
        'ada’s claim begins',
        'ada’s claim reads its session',
        'ada’s claim reads the pool',
        'bob’s claim begins',
        'bob’s claim reads its session',
        'bob’s claim reads the pool',
        'ada’s claim takes warm-0-0-1',
        'bob’s claim takes warm-0-0-1',
      ],
    })
  })
})

/** The real plan for a slot, in a world with nothing else to do. */
function realPlanForSlot(seen: SlotRow, session: Row | null, jobIsThere: boolean): string | undefined {
  const id = seen.state === 'CLAIMED' ? seen.sessionId : 'ada'
  const jobs = 'job' in seen && jobIsThere ? [real.job(seen.job)] : []
  const snapshot = real.world({
    slots: [realSlot(seen)],
    sessions: session ? [realSession(id, session)] : [],
    jobs,
    pods: jobs.map(({ name }) => real.pod(name)),
  })
  const limits = { ...real.CONFIG.limits, target: 1 }
  const steps = plan(snapshot, real.NOW, { ...real.CONFIG, limits })
  return steps.find((step) => 'slot' in step)?.do
}

function realPlanForSession(id: string, row: Row, jobs: readonly string[]): string | undefined {
  const parts = { sessions: [realSession(id, row)], jobs: jobs.map((name) => real.job(name)) }
  const limits = { ...real.CONFIG.limits, target: 0 }
  const steps = plan(real.world(parts), real.NOW, { ...real.CONFIG, limits })
  // The model has no step for finalizing a session without Jobs.
  return steps.find((step) => 'session' in step && step.do !== 'finalize')?.do
}

function realSlot(seen: SlotRow): Slot {
  const { gen } = seen
  switch (seen.state) {
    case 'EMPTY':
      return real.empty(0, { gen })
    case 'STARTING':
      // Old enough that its creation counts as lost, and too young to be given up.
      return real.starting(0, { gen, job: seen.job, sinceMs: real.NOW - real.CONFIG.limits.startBudgetMs })
    case 'WARM':
      return real.warm(0, { gen, job: seen.job })
    case 'CLAIMED': {
      const { epoch, job, sessionId } = seen
      return real.claimed(0, { gen, job, sessionId, epoch, claimedAtMs: real.NOW - 60_000 })
    }
    default:
      return seen satisfies never
  }
}

function realSession(sessionId: string, row: Row): SessionRow {
  const epoch = epochOf(row)
  // Long ago, so that every grace is over, because the model has no clock.
  const longAgoMs = real.NOW - 200_000
  return real.session({
    sessionId,
    epoch,
    connectedEpoch: epoch,
    state: row.state,
    job: jobOf(row),
    epochAtMs: longAgoMs,
    seenAtMs: longAgoMs,
    previousJobs: row.previousJobs.map((job) => real.previousJob(job, { epoch: row.jobs.indexOf(job) + 1 })),
  })
}

/** The real session that the transition returns, reduced to the model's terms. */
function reduced({ state, epoch, job, previousJobs }: SessionRow) {
  return { state, epoch, job, previousJobs: previousJobs.map((previous) => previous.job) }
}

function reducedModel(row: Row) {
  return { state: row.state, epoch: epochOf(row), job: jobOf(row), previousJobs: row.previousJobs }
}

/** Holds the real transitions of a slot against the model's. */
function compareSlot(seen: SlotRow, session: Row | null): void {
  const slot = realSlot(seen)
  const empty = emptySlot(slot, real.NOW)
  expect({ state: empty.state, gen: empty.gen }).toEqual(emptied(seen))
  if (slot.state === 'WARM') {
    const { state, gen, job } = claimSlot(slot, { sessionId: 'ada', epoch: 1, visitor: '' }, real.NOW)
    expect({ state, gen, job }).toEqual({ ...seen, state: 'CLAIMED' })
  }
  if (slot.state !== 'CLAIMED' || (session && epochOf(session) !== slot.epoch - 1)) return
  const row = session ? realSession(slot.sessionId, session) : undefined
  const modelled = session ? movedOn(session, slot.job) : created(slot.job)
  const completed = completeClaim(slot, row, real.NOW, real.CONFIG.limits)
  // A claim whose session ended is retired, not completed.
  if (session?.state !== 'ended') expect(reduced(completed)).toEqual(reducedModel(modelled))
}

/** Holds the real transitions of a session against the model's. */
function compareSession(id: string, row: Row): void {
  const now = realSession(id, row)
  const ended = endSession(now, now, 'released', real.NOW)
  if (row.state === 'ended') expect(ended).toBeUndefined()
  else if (ended) expect(reduced(ended)).toEqual(reducedModel({ ...row, state: 'ended' }))
  for (const previous of now.previousJobs)
    expect(reduced(dropPreviousJob(now, previous))).toEqual(reducedModel(dropped(row, previous.job)))
  if (row.state === 'ended') return
  const moved = failOver(now, now.epoch, real.warm(0, { job: 'next' }), now.receipt, real.NOW)
  expect(moved && reduced(moved)).toEqual(reducedModel(movedOn(row, 'next')))
}

/** Every slot and every session of a walk, each once, to be compared with the real planner and transitions. */
class Comparisons {
  readonly #slots = new Map<string, () => void>()
  readonly #sessions = new Map<string, () => void>()

  note(world: World): void {
    for (const seen of world.slots) {
      const session = seen.state === 'CLAIMED' ? world.sessions[seen.sessionId] : null
      const here = 'job' in seen && seen.job in world.jobs
      const key = JSON.stringify([seen, session, here])
      if (this.#slots.has(key)) continue
      const modelled = planSlot(0, seen, session, here)?.do
      this.#slots.set(key, () => {
        expect([key, realPlanForSlot(seen, session, here)]).toEqual([key, modelled])
        compareSlot(seen, session)
      })
    }
    for (const id of VISITORS) {
      const row = world.sessions[id]
      if (!row) continue
      const jobs = row.jobs.filter((job) => job in world.jobs)
      const key = JSON.stringify([row, jobs])
      if (this.#sessions.has(key)) continue
      const modelled = planSession(id, row, world)?.do
      this.#sessions.set(key, () => {
        expect([key, realPlanForSession(id, row, jobs)]).toEqual([key, modelled])
        compareSession(id, row)
      })
    }
  }

  run(): void {
    for (const agree of [...this.#slots.values(), ...this.#sessions.values()]) agree()
    expect(this.#slots.size).toBeGreaterThan(10)
    expect(this.#sessions.size).toBeGreaterThan(1)
  }
}
