/** Random events of a toy world: visitors, people with kubectl, deploys, time, and refill crashes. */
import fc from 'fast-check'
import type { HowToDie, HowToRecover } from '../api/contracts.ts'
import { ApiError } from '../api/errors.ts'
import * as calls from '../simulation/calls.ts'
import { isKilled } from '../state/kill-state.ts'
import type { ToyWorld } from './_toy-world.ts'

/** One event. */
export type Happening =
  | { what: 'wait'; ms: number }
  | { what: 'refill'; crashesAfter?: number; halfway: boolean; meanwhile?: Act }
  | Act

/** One act of a visitor or an operator. */
type Act =
  | { what: 'claim' | 'recover'; who: number; crashes: boolean }
  | { what: 'connect' | 'heal' | 'release' | 'extend'; who: number }
  | { what: 'kill'; who: number; how: HowToDie; crashes: boolean }
  | { what: 'podCrashes' | 'jobDeleted' | 'jobOrphaned'; which: number }
  | { what: 'strayJob' | 'deploy' | 'breakImage' | 'mendImage' }

const who = fc.nat({ max: 5 })
const which = fc.nat({ max: 9 })
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('claim', 'recover'), who, crashes: rarely() }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constantFrom('connect', 'heal', 'release', 'extend'), who }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('kill'),
      who,
      how: fc.constantFrom('polite', 'crash', 'freeze'),
      crashes: rarely(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constantFrom('podCrashes', 'jobDeleted', 'jobOrphaned'), which }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constantFrom('strayJob', 'deploy', 'breakImage', 'mendImage') }),
  },
) as fc.Arbitrary<Act>

export const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: act },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        what: fc.constant('refill' as const),
        crashesAfter: fc.nat({ max: 6 }),
        halfway: fc.boolean(),
        meanwhile: act,
      },
      { requiredKeys: ['what', 'halfway'] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('wait' as const),
      ms: fc.constantFrom(50, 1_000, 4_000, 11_000, 61_000, 95_000, 400_000),
    }),
  },
)

/** True in one of five cases. */
function rarely(): fc.Arbitrary<boolean> {
  return fc.nat({ max: 4 }).map((n) => n === 0)
}

export function happen(world: ToyWorld, event: Happening): void {
  switch (event.what) {
    case 'wait':
      world.advance(event.ms)
      return
    case 'refill':
      refill(world, event)
      return
    default:
      doAct(world, event)
  }
}

/** One reconciliation. Another act comes between its plan and its execution, and it may crash on the way. */
function refill(world: ToyWorld, event: Happening & { what: 'refill' }): void {
  const steps = world.plan()
  if (event.meanwhile) doAct(world, event.meanwhile)
  const { crashesAfter, halfway } = event
  world.apply(
    steps,
    crashesAfter === undefined ? undefined : { afterSteps: crashesAfter, halfOfTheNext: halfway },
  )
}

function doAct(world: ToyWorld, act: Act): void {
  switch (act.what) {
    case 'claim':
      asked(world, () => calls.claim(world, `v${act.who}`, { crashes: act.crashes }))
      return
    case 'recover':
      recover(world, `v${act.who}`, 'failover', act.crashes)
      return
    case 'heal':
      recover(world, `v${act.who}`, 'heal', false)
      return
    case 'kill':
      kill(world, `v${act.who}`, act.how, act.crashes)
      return
    case 'connect':
      connect(world, `v${act.who}`)
      return
    case 'release':
      asked(world, () => calls.release(world, `v${act.who}`))
      return
    case 'extend':
      asked(world, () => calls.extend(world, `v${act.who}`))
      return
    case 'podCrashes': {
      const found = world.cluster.pods.at(act.which % Math.max(1, world.cluster.pods.length))
      if (found) world.cluster.exit(found.view.pod.uid, 1, world.nowMs)
      return
    }
    case 'jobDeleted':
    case 'jobOrphaned': {
      const found = [...world.cluster.jobs.values()].at(act.which % Math.max(1, world.cluster.jobs.size))
      if (!found) return
      if (act.what === 'jobDeleted') world.cluster.delete(found.view.name, found.view.uid, world.nowMs)
      // A Job that refill would create again is spared: its orphaned pod would carry the new Job's name and go with it.
      else if (!world.willBeMadeAgain(found.view.name)) world.cluster.orphan(found.view.name)
      return
    }
    case 'strayJob':
      world.cluster.create(`warm-9-1-s${world.nowMs % 100_000}`, world.nowMs)
      return
    case 'deploy':
      world.spec = `${world.spec}+`
      return
    case 'breakImage':
    case 'mendImage':
      world.cluster.imageIsBroken = act.what === 'breakImage'
      return
    default:
      act satisfies never
  }
}

/** A call of a visitor. The API may refuse it, and the rules must hold afterwards. */
function asked(world: ToyWorld, call: () => unknown): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
  world.mustHold()
}

function kill(world: ToyWorld, sessionId: string, how: HowToDie, crashes: boolean): void {
  const seen = world.sessions.get(sessionId)
  if (!seen || seen.state === 'ended' || isKilled(seen)) return
  asked(world, () => {
    calls.kill(world, sessionId, how, undefined, { crashes })
    // The page requests a crash over the pod's own socket, even when the call that records it fails.
    if (how === 'crash' && seen.pod) world.cluster.exit(seen.pod.uid, 137, world.nowMs)
  })
}

function recover(world: ToyWorld, sessionId: string, how: HowToRecover, crashes: boolean): void {
  const epoch = world.sessions.get(sessionId)?.epoch ?? 1
  asked(world, () => calls.recover(world, sessionId, { epoch, how }, { crashes }))
}

function connect(world: ToyWorld, sessionId: string): void {
  const seen = world.sessions.get(sessionId)
  if (seen?.state !== 'live' || isKilled(seen)) return
  asked(world, () => calls.connected(world, sessionId, { epoch: seen.epoch, firstPongMs: 100 }))
}
