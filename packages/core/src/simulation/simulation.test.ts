import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { PoolSchema } from '../api/contracts.ts'
import { ApiError } from '../api/errors.ts'
import { LIMITS } from '../limits.ts'
import type { WarmSlot } from '../state/slot.ts'
import { createWarmSession } from '../transitions/create-session.ts'
import { act, doAct } from './_acts.ts'
import { applySteps } from './apply.ts'
import { claim, connected, kill, read, recover } from './calls.ts'
import { Simulation } from './simulation.ts'

const NOW = 1_790_000_000_000
const ME = 'a'.repeat(32)

/** A visitor who claimed a warm pod and connected to it. */
function visited(simulation: Simulation, id = ME) {
  const row = claim(simulation.world, id)
  connected(simulation.world, id, { epoch: row.epoch, firstPongMs: 0 })
  simulation.refill.trigger()
  return row
}

function states(simulation: Simulation): string[] {
  return simulation.pool().slots.map(({ state }) => state)
}

const FOUR_WARM = ['warm', 'warm', 'warm', 'warm']

describe('a simulated pool', () => {
  it('is warm when the page opens, and is refilled within a start after a claim', () => {
    const simulation = new Simulation(7, NOW)
    expect(states(simulation)).toEqual(FOUR_WARM)
    const row = visited(simulation)
    expect(row).toMatchObject({ state: 'live', source: 'warm', epoch: 1 })
    simulation.moveTo(NOW + 1_000)
    expect(states(simulation)).toContain('starting')
    simulation.moveTo(NOW + 2_000)
    expect(states(simulation)).toEqual(FOUR_WARM)
    expect(simulation.pool().last24h.start.p50Ms).toBeGreaterThanOrEqual(1_200)
    expect(simulation.pool().last24h.start.p95Ms).toBeLessThanOrEqual(1_700)
  })

  it('gives the same history for the same seed, and another one for another seed', () => {
    const history = (seed: number) => {
      const simulation = new Simulation(seed, NOW, { othersPerMinute: 0 })
      simulation.assume({ othersPerMinute: 20 })
      visited(simulation)
      simulation.moveTo(NOW + 60_000)
      return JSON.stringify([simulation.pool(), [...simulation.world.sessions.values()]])
    }
    expect(history(3)).toBe(history(3))
    expect(history(3)).not.toBe(history(4))
  })

  it('heals a killed Job after the back-off of ten seconds and a start', () => {
    const simulation = new Simulation(1, NOW)
    const { pod } = visited(simulation)
    kill(simulation.world, ME, 'polite')
    recover(simulation.world, ME, { epoch: 1, how: 'heal' })
    simulation.refill.trigger()
    simulation.moveTo(NOW + 9_900)
    expect(read(simulation.world, ME)).toMatchObject({
      row: { state: 'recovering' },
      progress: Array(5).fill({ at: null }),
    })
    simulation.moveTo(NOW + 11_750)
    const { row } = read(simulation.world, ME)
    expect(row.state).toBe('live')
    expect(row.pod?.uid).not.toBe(pod?.uid)
    expect(row.heals[0]?.healMs).toBeGreaterThanOrEqual(11_000)
  })

  it('fails over at once, and still times how long the previous Job took to heal', () => {
    const simulation = new Simulation(1, NOW)
    visited(simulation)
    kill(simulation.world, ME, 'crash')
    simulation.crash({ session: ME })
    expect(recover(simulation.world, ME, { epoch: 1, how: 'failover' })).toMatchObject({
      state: 'live',
      epoch: 2,
    })
    connected(simulation.world, ME, { epoch: 2, firstPongMs: 90 })
    simulation.refill.trigger()
    simulation.moveTo(NOW + 15_000)
    expect(read(simulation.world, ME).row.heals).toMatchObject([{ epoch: 1, how: 'crash' }])
  })

  it('deletes the pod of a kill that arrives after the page has let Kubernetes heal', () => {
    const simulation = new Simulation(1, NOW)
    const { pod } = visited(simulation)
    recover(simulation.world, ME, { epoch: 1, how: 'heal' })
    kill(simulation.world, ME, 'polite', 1)
    simulation.refill.trigger()
    simulation.moveTo(NOW + 12_500)
    expect(simulation.world.cluster.killed).toContain(pod?.uid)
    const { row } = read(simulation.world, ME)
    expect(row).toMatchObject({ state: 'live', epoch: 2, heals: [{ epoch: 1, how: 'polite' }] })
    expect(row.pod?.uid).not.toBe(pod?.uid)
  })

  it('starts a pod for a visitor who finds none warm, and reports its progress', () => {
    const simulation = new Simulation(1, NOW)
    for (const id of ['b', 'c', 'd', 'e']) claim(simulation.world, id.repeat(32))
    expect(claim(simulation.world, ME)).toMatchObject({ state: 'starting', source: 'cold' })
    simulation.moveTo(NOW + 600)
    const { progress, routed } = read(simulation.world, ME)
    expect(progress?.map(({ at }) => at !== null)).toEqual([true, true, true, true, false])
    expect(routed).toEqual({ at: null })
    simulation.moveTo(NOW + 1_701)
    expect(read(simulation.world, ME).row.state).toBe('live')
  })

  it('refuses a Job beyond the quota', () => {
    const simulation = new Simulation(1, NOW)
    const outcomes = Array.from({ length: 20 }, (_, i) => {
      try {
        return claim(simulation.world, String(i).padStart(32, '0')).source
      } catch (error) {
        return error instanceof ApiError ? error.code : error
      }
    })
    const warmThenCold = [...Array(4).fill('warm'), ...Array(12).fill('cold')]
    expect(outcomes).toEqual([...warmThenCold, 'capacity', 'capacity', 'capacity', 'capacity'])
    expect(simulation.world.invariants.violations).toEqual([])
  })

  it('ends a session whose lease is over, and a session without a socket for a minute', () => {
    const simulation = new Simulation(1, NOW)
    const row = visited(simulation)
    visited(simulation, 'b'.repeat(32))
    simulation.plugged(row.pod?.uid ?? '', false)
    simulation.moveTo(NOW + LIMITS.socketIdleMs + 61_000)
    expect(read(simulation.world, ME).row).toMatchObject({ state: 'ended', endReason: 'idle' })
    simulation.moveTo(NOW + LIMITS.leaseMs + 61_000)
    expect(read(simulation.world, 'b'.repeat(32)).row).toMatchObject({ state: 'ended', endReason: 'lease' })
  })

  it('repairs a lost trigger with the next scheduled one, within a minute', () => {
    const simulation = new Simulation(1, NOW)
    simulation.refill.inject('lost')
    visited(simulation)
    simulation.moveTo(NOW + 5_000)
    expect(states(simulation)).toContain('claimed')
    simulation.moveTo(NOW + 62_000)
    expect(states(simulation)).toEqual(FOUR_WARM)
  })
})

describe('after any acts of a visitor', () => {
  it('no rule was violated, and in the end all slots are warm', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(act, { maxLength: 40, size: 'max' }), (seed, acts) => {
        const simulation = new Simulation(seed, NOW + 0.4)
        for (const one of acts) doAct(simulation, one)
        simulation.assume({ othersPerMinute: 0 })
        simulation.moveTo(simulation.world.nowMs + LIMITS.lifetimeMs + 300_000)
        expect(v.safeParse(PoolSchema, simulation.pool()).issues).toBeUndefined()
        expect(simulation.world.invariants.violations).toEqual([])
        expect(states(simulation)).toEqual(FOUR_WARM)
        expect(simulation.world.cluster.jobs.size).toBe(LIMITS.target)
        expect([...simulation.world.sessions.values()].filter(({ finalized }) => !finalized)).toEqual([])
      }),
      { numRuns: 80 },
    )
  }, 120_000)
})

describe('a violation is recorded', () => {
  it('when the same pod is shown to two visitors', () => {
    const { world } = new Simulation(1, NOW)
    const slot = warm(world.slots.get(0))
    const receipt = { outcome: 'warm' as const, stages: [], candidates: 4, tries: 1, conflicts: 0 }
    for (const sessionId of ['a', 'b'])
      world.write(undefined, createWarmSession({ sessionId, visitor: '', receipt }, slot, NOW, LIMITS))
    applySteps(world, world.plan().slice(0, 1))
    expect(world.invariants.violations.map(({ rule }) => rule)).toContain('onePod')
    expect(world.invariants.violations.map(({ rule }) => rule)).toContain('apart')
  })

  it('when a generation goes back, or a slot beyond the target appears', () => {
    const { world } = new Simulation(1, NOW)
    const slot = warm(world.slots.get(0))
    world.moveSlot(slot, { slot: 9, gen: -1, state: 'EMPTY', sinceMs: 0 })
    expect(world.invariants.violations.map(({ rule }) => rule)).toEqual(['grows', 'oneJob'])
  })

  it('when refill deletes the Job of a session that goes on, or a Job that a slot names', () => {
    const simulation = new Simulation(1, NOW)
    const { world } = simulation
    const row = visited(simulation)
    simulation.moveTo(NOW + 5_000)
    const jobs = [...world.cluster.jobs.values()].map(({ view }) => view)
    const mine = jobs.find(({ name }) => name === row.job)
    const pools = jobs.find(({ name }) => name !== row.job)
    for (const job of [mine, pools])
      if (job) applySteps(world, [{ do: 'deleteJob', session: row, job: job.name, jobUid: job.uid }])
    expect(world.invariants.violations.map(({ rule }) => rule)).toEqual(['spared', 'guarded', 'guarded'])
  })
})

function warm(slot: unknown): WarmSlot {
  return slot as WarmSlot // a new simulation has only warm slots
}
