/** Random acts of a simulation's visitors. */
import fc from 'fast-check'
import { ApiError } from '../api/errors.ts'
import { claim, connected, extend, kill, read, recover, release } from './calls.ts'
import type { Simulation } from './simulation.ts'

/** One act of one of four visitors. */
export interface Act {
  readonly name: string
  readonly who: number
  readonly run: (simulation: Simulation, id: string) => void
}

const pod = ({ world }: Simulation, id: string): string => world.sessions.get(id)?.pod?.uid ?? ''
const epoch = ({ world }: Simulation, id: string): number => world.sessions.get(id)?.epoch ?? 1

const ACTS: Readonly<Record<string, Act['run']>> = {
  claim: ({ world, refill }, id) => {
    claim(world, id)
    refill.trigger()
  },
  claimOfACrashingLambda: ({ world }, id) => claim(world, id, { crashes: true }),
  failOver: (simulation, id) => {
    recover(simulation.world, id, { epoch: epoch(simulation, id), how: 'failover' })
    simulation.refill.trigger()
  },
  failOverOfACrashingLambda: (simulation, id) =>
    recover(simulation.world, id, { epoch: epoch(simulation, id), how: 'failover' }, { crashes: true }),
  heal: (simulation, id) => recover(simulation.world, id, { epoch: epoch(simulation, id), how: 'heal' }),
  read: ({ world }, id) => read(world, id),
  connect: (simulation, id) =>
    connected(simulation.world, id, { epoch: epoch(simulation, id), firstPongMs: 90 }),
  extend: ({ world }, id) => extend(world, id),
  release: ({ world, refill }, id) => {
    release(world, id)
    refill.trigger()
  },
  unplug: (simulation, id) => simulation.plugged(pod(simulation, id), false),
  killPolitely: ({ world }, id) => kill(world, id, 'polite'),
  killLate: (simulation, id) => kill(simulation.world, id, 'polite', Math.max(1, epoch(simulation, id) - 1)),
  killOfACrashingLambda: ({ world }, id) => kill(world, id, 'polite', undefined, { crashes: true }),
  freeze: (simulation, id) => {
    simulation.world.cluster.freeze(pod(simulation, id))
    kill(simulation.world, id, 'freeze')
  },
  crash: (simulation, id) => simulation.crash({ session: id }),
  crashWarm: (simulation) => simulation.crash('warm'),
  lose: ({ refill }) => refill.inject('lost'),
  runTwice: ({ refill }) => refill.inject('twice'),
  crashRefill: ({ refill }) => refill.inject('crashes'),
  run: ({ refill }) => refill.run(),
  others: (simulation) => simulation.assume({ othersPerMinute: 40 }),
  noOthers: (simulation) => simulation.assume({ othersPerMinute: 0 }),
  deploy: ({ world }) => {
    world.spec = `${world.spec}+`
  },
  /** A browser's clock has fractions of a millisecond, and its timers may fire a little early. */
  waitAFraction: (simulation) => simulation.moveTo(simulation.world.nowMs + 0.3),
  waitUntilJustBefore: (simulation) => simulation.moveTo(simulation.nextDueMs() - 0.2),
  /** The machine sleeps, so no timer fires for ten minutes. */
  sleep: (simulation) => simulation.moveTo(simulation.world.nowMs + 600_000),
  waitAMoment: (simulation) => simulation.moveTo(simulation.world.nowMs + 300),
  waitAStart: (simulation) => simulation.moveTo(simulation.world.nowMs + 2_000),
  waitAHealing: (simulation) => simulation.moveTo(simulation.world.nowMs + 12_000),
  waitATrigger: (simulation) => simulation.moveTo(simulation.world.nowMs + 61_000),
  waitALease: (simulation) => simulation.moveTo(simulation.world.nowMs + 400_000),
}

export const act: fc.Arbitrary<Act> = fc
  .record({ name: fc.constantFrom(...Object.keys(ACTS)), who: fc.nat({ max: 3 }) })
  .map(({ name, who }) => ({ name, who, run: ACTS[name] ?? (() => {}), toString: () => `${name} ${who}` }))

/** Executes an act. The simulated API may refuse it. */
export function doAct(simulation: Simulation, { who, run }: Act): void {
  try {
    run(simulation, String(who).repeat(32))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}
