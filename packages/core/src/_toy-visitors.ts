/** What may happen to a toy world, at random: visitors, people with kubectl, deploys, time, and refill runs that die. */
import fc from 'fast-check'
import type { ToyWorld } from './_toy-world.ts'
import type { HowToDie } from './contracts.ts'
import { LIMITS } from './limits.ts'
import type { SessionRow } from './pool.ts'
import { claimable, isKilled } from './pool.ts'

export type Happening =
  | { what: 'wait'; ms: number }
  | { what: 'refill'; diesAfter?: number; halfway: boolean; meanwhile?: Act }
  | Act

/** What a visitor or an operator does, in one go. */
type Act =
  | { what: 'claim' | 'recover'; who: number; dies: boolean }
  | { what: 'connect' | 'heal' | 'release' | 'extend'; who: number }
  | { what: 'kill'; who: number; how: HowToDie; dies: boolean }
  | { what: 'podCrashes' | 'jobDeleted' | 'jobOrphaned'; which: number }
  | { what: 'strayJob' | 'deploy' | 'breakImage' | 'mendImage' }

const who = fc.nat({ max: 5 })
const which = fc.nat({ max: 9 })
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('claim', 'recover'), who, dies: rarely() }) },
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
      dies: rarely(),
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
        diesAfter: fc.nat({ max: 6 }),
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

/** One run that plans, is overtaken by what happens meanwhile, and may die on the way. */
function refill(world: ToyWorld, event: Happening & { what: 'refill' }): void {
  const steps = world.plan()
  if (event.meanwhile) doAct(world, event.meanwhile)
  const { diesAfter, halfway } = event
  world.apply(steps, diesAfter === undefined ? undefined : { afterSteps: diesAfter, halfOfTheNext: halfway })
}

function doAct(world: ToyWorld, act: Act): void {
  switch (act.what) {
    case 'claim':
      claim(world, `v${act.who}`, act.dies)
      return
    case 'recover':
      failOver(world, `v${act.who}`, act.dies)
      return
    case 'heal':
      heal(world, `v${act.who}`)
      return
    case 'kill':
      kill(world, `v${act.who}`, act.how, act.dies)
      return
    case 'connect':
      change(world, `v${act.who}`, (s) =>
        s.state === 'live' && !isKilled(s) ? { ...s, connectedEpoch: s.epoch, seenAtMs: world.nowMs } : s,
      )
      return
    case 'release':
      change(world, `v${act.who}`, (s) => ({ ...s, state: 'ended', endReason: 'released' }))
      return
    case 'extend':
      change(world, `v${act.who}`, (s) => ({
        ...s,
        leaseEndsAtMs: Math.min(world.nowMs + LIMITS.leaseMs, s.endsAtMs),
        seenAtMs: world.nowMs,
      }))
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
      // A Job that a row would ask for again is spared: its orphan would go by the name of the new Job and leave with that.
      else if (!world.willBeMadeAgain(found.view.name)) world.cluster.orphan(found.view.name)
      return
    }
    case 'strayJob':
      world.cluster.create(`warm-9-1-s${world.nowMs % 100_000}`, world.spec, world.nowMs)
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

/** Takes a warm slot by compare-and-set, as the claim does. */
function take(world: ToyWorld, sessionId: string, epoch: number) {
  const [slot] = claimable([...world.slots.values()], world.nowMs, LIMITS)
  if (!slot) return undefined
  const { checkedAtMs: _checkedAtMs, ...rest } = slot
  const claimedAtMs = world.nowMs
  world.moveSlot(slot, { ...rest, state: 'CLAIMED', sessionId, epoch, claimedAtMs, sinceMs: claimedAtMs })
  return slot
}

function claim(world: ToyWorld, sessionId: string, dies: boolean): void {
  if (world.sessions.has(sessionId)) return
  const slot = take(world, sessionId, 1)
  if (slot && !dies) {
    const { job, key, pod } = slot
    world.write(undefined, world.newSession(sessionId, { job, key, pod }))
  }
  if (slot) return
  const job = `cold-${sessionId}-1-c`
  world.write(undefined, world.newSession(sessionId, { state: 'starting', source: 'cold', job }))
  if (!dies) world.cluster.create(job, world.spec, world.nowMs)
}

function failOver(world: ToyWorld, sessionId: string, dies: boolean): void {
  const seen = world.sessions.get(sessionId)
  if (!seen || seen.state === 'ended') return
  const slot = take(world, sessionId, seen.epoch + 1)
  if (slot && dies) return
  const { pod: _pod, kill, leftPodUid: _leftPodUid, ...rest } = seen
  const epoch = seen.epoch + 1
  const oldJobs = [...seen.oldJobs, { job: seen.job, epoch: seen.epoch, ...(kill ? { kill } : {}) }]
  const next = { ...rest, epoch, oldJobs, epochAtMs: world.nowMs, seenAtMs: world.nowMs }
  if (slot) {
    const { job, key, pod } = slot
    world.write(seen, { ...next, state: 'live', source: 'rescued', job, key, pod })
    return
  }
  const job = `cold-${sessionId}-${epoch}-c`
  world.write(seen, { ...next, state: 'starting', source: 'cold', job })
  if (!dies) world.cluster.create(job, world.spec, world.nowMs)
}

function heal(world: ToyWorld, sessionId: string): void {
  change(world, sessionId, (s) => {
    const { pod, leftPodUid, ...rest } = s
    const left = pod?.uid ?? leftPodUid
    const base = { ...rest, epoch: s.epoch + 1, epochAtMs: world.nowMs, seenAtMs: world.nowMs }
    return { ...base, state: 'recovering', ...(left === undefined ? {} : { leftPodUid: left }) }
  })
}

function kill(world: ToyWorld, sessionId: string, how: HowToDie, dies: boolean): void {
  const seen = world.sessions.get(sessionId)
  if (!seen || seen.state === 'ended' || isKilled(seen)) return
  const done = how === 'crash' && seen.pod !== undefined
  const mark = { epoch: seen.epoch, how, atMs: world.nowMs, done }
  const { pod } = seen
  const marked = { ...seen, kill: { ...mark, ...(pod ? { podUid: pod.uid } : {}) }, seenAtMs: world.nowMs }
  world.write(seen, marked)
  if (!pod || dies) return
  if (how === 'crash') {
    world.cluster.exit(pod.uid, 137, world.nowMs)
    return
  }
  world.cluster.killPod(pod.uid, world.nowMs)
  change(world, sessionId, (s) => (s.kill ? { ...s, kill: { ...s.kill, done: true } } : s))
}

function change(world: ToyWorld, sessionId: string, next: (s: SessionRow) => SessionRow): void {
  const seen = world.sessions.get(sessionId)
  if (seen && seen.state !== 'ended') world.write(seen, next(seen))
}
