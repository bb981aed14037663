import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { happen, happening } from './_toy-visitors.ts'
import { ToyWorld } from './_toy-world.ts'
import { plan } from './plan.ts'

const history = fc.array(happening, { minLength: 1, maxLength: 40, size: 'max' })

/** A world with a warm pool, after a history without a violation. */
function after(events: Parameters<typeof happen>[1][]): ToyWorld {
  const world = new ToyWorld()
  exhaust(world)
  world.advance(3_000)
  exhaust(world)
  for (const event of events) happen(world, event)
  return world
}

/** Executes plans at one instant until nothing is left to do. @returns the number of passes. */
function exhaust(world: ToyWorld): number {
  for (let passes = 0; passes < 12; passes++) {
    const steps = world.plan()
    if (steps.length === 0) return passes
    world.apply(steps)
  }
  throw new Error(`The plans do not end: ${JSON.stringify(world.plan().map((s) => s.do))}`)
}

/** Reconciles each second until every session must have ended and every pod must have started. */
function rest(world: ToyWorld): void {
  world.cluster.imageIsBroken = false
  const untilMs = world.nowMs + LIMITS.lifetimeMs + LIMITS.startBudgetMs + LIMITS.orphanGraceMs
  while (world.nowMs < untilMs) {
    exhaust(world)
    world.advance(world.cluster.jobs.size === LIMITS.target ? 5_000 : 1_000)
  }
  exhaust(world)
}

describe('after any history of visitors, operators, deploys and crashes', () => {
  it('the plan is deterministic and pure, and repeated passes come to an end', () => {
    fc.assert(
      fc.property(history, (events) => {
        const world = after(events)
        const snapshot = world.snapshot()
        const before = structuredClone(snapshot)
        const config = { limits: LIMITS, spec: world.spec }
        expect(plan(snapshot, world.nowMs, config)).toEqual(plan(snapshot, world.nowMs, config))
        expect(snapshot).toEqual(before)
        exhaust(world)
        expect(world.plan()).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('a plan retires at most one pod that could be claimed', () => {
    fc.assert(
      fc.property(history, (events) => {
        const world = after(events)
        const standing = world
          .plan()
          .filter(
            (step) =>
              step.do === 'retire' &&
              step.slot.state === 'WARM' &&
              step.because !== 'job_ended' &&
              step.because !== 'pod_not_ready',
          )
        expect(standing.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 300 },
    )
  })

  it('executing a plan twice has the effect of executing it once', () => {
    fc.assert(
      fc.property(history, (events) => {
        const world = after(events)
        const steps = world.plan()
        world.apply(steps)
        const once = world.snapshot()
        world.apply(steps)
        expect(world.snapshot()).toEqual(once)
      }),
      { numRuns: 300 },
    )
  })

  it('at rest all slots are warm with the current specification, and every row has a pod and every pod a row', () => {
    fc.assert(
      fc.property(history, (events) => {
        const world = after(events)
        rest(world)
        const slots = [...world.slots.values()]
        expect(slots.map((s) => [s.state, s.state === 'WARM' && s.spec])).toEqual(
          Array.from({ length: LIMITS.target }, () => ['WARM', world.spec]),
        )
        const names = slots.map((s) => (s.state === 'WARM' ? s.job : '')).sort()
        expect([...world.cluster.jobs.keys()].sort()).toEqual(names)
        // Pods that failed stay with their Job, as in a cluster.
        const alive = world.cluster.pods.filter((p) => p.view.phase !== 'Failed')
        expect(alive.map((p) => p.view.job).sort()).toEqual(names)
        expect([...world.sessions.values()].filter((s) => !s.finalized)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('no session outlives its lease or lifetime beyond the next reconciliation', () => {
    fc.assert(
      fc.property(history, (events) => {
        const world = new ToyWorld()
        for (const event of events) {
          happen(world, event)
          exhaust(world)
          const late = [...world.sessions.values()].filter(
            (s) => s.state !== 'ended' && world.nowMs >= Math.min(s.endsAtMs, s.leaseEndsAtMs),
          )
          expect(late).toEqual([])
        }
      }),
      { numRuns: 150 },
    )
  })
})
