import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { happen, happening } from './_toy-visitors.ts'
import { ToyWorld } from './_toy-world.ts'
import { plan } from './plan.ts'

const history = fc.array(happening, { minLength: 1, maxLength: 40, size: 'max' })

/** A world with four warm pods, after some history in which nothing that must always hold was broken. */
function after(events: Parameters<typeof happen>[1][]): ToyWorld {
  const world = new ToyWorld()
  exhaust(world)
  world.advance(3_000)
  exhaust(world)
  for (const event of events) happen(world, event)
  return world
}

/** Applies plans at one instant until there is nothing left to do. @returns how many it took. */
function exhaust(world: ToyWorld): number {
  for (let passes = 0; passes < 12; passes++) {
    const steps = world.plan()
    if (steps.length === 0) return passes
    world.apply(steps)
  }
  throw new Error(`No end to it: ${JSON.stringify(world.plan().map((s) => s.do))}`)
}

/** Refill each second, as after a claim, until every session must have ended and every pod must have started. */
function rest(world: ToyWorld): void {
  world.cluster.imageIsBroken = false
  const untilMs = world.nowMs + LIMITS.lifetimeMs + LIMITS.startBudgetMs + LIMITS.orphanGraceMs
  while (world.nowMs < untilMs) {
    exhaust(world)
    world.advance(world.cluster.jobs.size === LIMITS.target ? 5_000 : 1_000)
  }
  exhaust(world)
}

describe('whatever visitors, operators, deploys and crashes do', () => {
  it('a plan is the same twice, changes nothing by itself, and comes to an end', () => {
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

  it('at most one pod that could be handed out is taken away in one go', () => {
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

  it('steps that are done a second time do nothing more', () => {
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

  it('at rest four of the current specification stand warm, no row is without a pod and no pod without a row', () => {
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
        // What died under a Job is kept with it, as a cluster does.
        const alive = world.cluster.pods.filter((p) => p.view.phase !== 'Failed')
        expect(alive.map((p) => p.view.job).sort()).toEqual(names)
        expect([...world.sessions.values()].filter((s) => !s.finalized)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('no session outlives its lifetime by more than the time to the next run', () => {
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
