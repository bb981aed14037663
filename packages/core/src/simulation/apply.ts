/** Refill's steps, done to a {@link World} as the product does them: the row first, by compare-and-set, the cluster after. */
import { warmJobName } from '../identity/names.ts'
import type { Step } from '../planner/plan.ts'
import {
  type ClaimedSlot,
  type EmptySlot,
  type SessionRow,
  type Slot,
  type StartingSlot,
  servingPod,
  toPreviousJob,
  type WarmSlot,
} from '../state/state.ts'
import type { World } from './world.ts'

/** Does one step. @param dies the run ends in the middle of it: the row is written, the cluster is not asked. */
export function applyStep(world: World, step: Step, dies: boolean): void {
  switch (step.do) {
    case 'reserve':
      reserve(world, step.slot, dies)
      return
    case 'createJob':
      createWarmJob(world, step.slot, dies)
      return
    case 'markWarm':
      markWarm(world, step)
      return
    case 'noteProgress': {
      const { problem: _problem, ...rest } = step.slot
      const next = { ...rest, progress: step.progress, ...(step.problem ? { problem: step.problem } : {}) }
      world.moveSlot(step.slot, next)
      return
    }
    case 'confirmWarm':
      world.moveSlot(step.slot, { ...step.slot, checkedAtMs: world.nowMs })
      return
    case 'finishClaim':
      finishClaim(world, step.slot, step.session)
      return
    case 'free':
      free(world, step.slot, dies)
      return
    case 'retire':
      if (world.moveSlot(step.slot, emptied(world, step.slot)) && !dies)
        deleteJob(world, step.slot.job, step.jobUid)
      return
    case 'createSessionJob':
      if (!dies) world.cluster.create(step.session.job, world.spec, world.nowMs)
      return
    case 'activate':
      activate(world, step)
      return
    case 'killPod':
      killPod(world, step, dies)
      return
    case 'end':
      end(world, step.session, step.because)
      return
    case 'recordHeal':
      recordHeal(world, step)
      return
    case 'dropJob':
      dropJob(world, step, dies)
      return
    case 'deleteJob':
      if (!dies) deleteJob(world, step.job, step.jobUid)
      return
    case 'settle':
      world.write(step.session, { ...step.session, settled: true })
      return
    case 'sweepJob':
      if (!isNamed(world, step.job) && !dies) deleteJob(world, step.job, step.jobUid)
      return
    case 'sweepPod':
      if (!dies) world.cluster.killPod(step.podUid, world.nowMs)
      return
    default:
      step satisfies never
  }
}

/** Hands a pod that has become Ready to the session that waits for it. @returns the row as written, if it was not overtaken. */
export function activate(
  world: World,
  { session: seen, pod, healed }: Step & { do: 'activate' },
): SessionRow | undefined {
  const { kill, leftPodUid: _leftPodUid, ...rest } = seen
  const heals = healed && kill ? [...seen.heals, { epoch: kill.epoch, how: kill.how, ...healed }] : seen.heals
  const row = world.write(seen, { ...rest, state: 'live', pod, heals, epochAtMs: world.nowMs })
  if (row && healed) world.statistics.measure('heal', healed.healMs)
  if (row && seen.state === 'starting' && row.epoch === 1) world.statistics.count('cold')
  return row
}

/** @returns whether it had not ended before. */
export function end(world: World, seen: SessionRow, because: NonNullable<SessionRow['endReason']>): boolean {
  const ended = { ...seen, state: 'ended', endReason: because, endedAtMs: world.nowMs } as const
  return world.write(seen, ended) !== undefined
}

function reserve(world: World, slot: EmptySlot, dies: boolean): void {
  const next: StartingSlot = {
    slot: slot.slot,
    gen: slot.gen,
    state: 'STARTING',
    sinceMs: world.nowMs,
    job: warmJobName(slot.slot, slot.gen, world.suffix()),
    key: 'key',
    spec: world.spec,
  }
  if (world.moveSlot(slot, next)) createWarmJob(world, next, dies)
}

function createWarmJob(world: World, slot: StartingSlot, dies: boolean): void {
  if (dies) return
  const made = world.cluster.create(slot.job, slot.spec, world.nowMs)
  if (made === 'created') world.made(slot.job)
  if (made !== 'quota') return
  world.moveSlot(slot, emptied(world, slot))
  world.pausedUntilMs = world.nowMs + world.limits.refillBackOffMs
  world.problem = 'ResourceQuota: every Job we may run is in use'
}

function markWarm(world: World, { slot, pod }: Step & { do: 'markWarm' }): void {
  const { progress: _progress, problem: _problem, ...rest } = slot
  const startMs = Math.round(world.nowMs - slot.sinceMs)
  const next: WarmSlot = {
    ...rest,
    state: 'WARM',
    pod,
    sinceMs: world.nowMs,
    checkedAtMs: world.nowMs,
    startMs,
  }
  if (!world.moveSlot(slot, next)) return
  world.problem = undefined
  world.statistics.measure('start', startMs)
}

function finishClaim(world: World, slot: ClaimedSlot, seen: SessionRow | undefined): void {
  const { sessionId, epoch, job, key, pod } = slot
  const held = { job, key, pod, epoch, state: 'live', epochAtMs: world.nowMs } as const
  if (!seen) {
    world.write(undefined, world.newSession(sessionId, { ...held, source: 'warm' }))
    return
  }
  const { kill: _kill, leftPodUid: _leftPodUid, ...rest } = seen
  world.write(seen, { ...rest, ...held, source: 'rescued', oldJobs: [...seen.oldJobs, toPreviousJob(seen)] })
}

function free(world: World, slot: ClaimedSlot, dies: boolean): void {
  world.cluster.label(slot.job, slot.sessionId)
  if (dies || !world.moveSlot(slot, emptied(world, slot))) return
  world.statistics.count(slot.epoch === 1 ? 'warm' : 'failovers')
}

function killPod(
  world: World,
  { session: seen, kill, podUid }: Step & { do: 'killPod' },
  dies: boolean,
): void {
  world.ledger.look('dead', (kill.podUid ?? podUid) === podUid, `${podUid} was killed in place of another`)
  world.cluster.killPod(
    podUid,
    world.nowMs,
    kill.how === 'freeze' ? world.limits.frozenGraceMs : world.limits.graceMs,
  )
  if (dies) return
  closeKill(world, seen, podUid)
}

/** Notes that the API server has taken a delete: on the session's kill, or on that of the Job it has left. */
export function closeKill(world: World, seen: SessionRow, podUid: string): SessionRow | undefined {
  const { kill } = seen
  if (kill && !kill.done && (kill.podUid ?? podUid) === podUid) {
    const done = { ...seen, kill: { ...kill, podUid, done: true } }
    return world.write(seen, seen.pod ? done : { ...done, leftPodUid: podUid })
  }
  const oldJobs = seen.oldJobs.map((old) =>
    old.kill?.podUid === podUid && !old.kill.done ? { ...old, kill: { ...old.kill, done: true } } : old,
  )
  return world.write(seen, { ...seen, oldJobs })
}

function recordHeal(world: World, { session: seen, oldJob, healed }: Step & { do: 'recordHeal' }): void {
  const { kill } = oldJob
  world.ledger.look('dead', kill?.podUid !== undefined, 'a healing was timed of which no death is known')
  if (!kill) return
  const heal = { epoch: oldJob.epoch, how: kill.how, ...healed }
  if (world.write(seen, { ...seen, heals: [...seen.heals, heal] }))
    world.statistics.measure('heal', healed.healMs)
}

function dropJob(
  world: World,
  { session: seen, oldJob, jobUid }: Step & { do: 'dropJob' },
  dies: boolean,
): void {
  const oldJobs = seen.oldJobs.filter((old) => old.job !== oldJob.job)
  if (world.write(seen, { ...seen, oldJobs }) && !dies) deleteJob(world, oldJob.job, jobUid)
}

function deleteJob(world: World, name: string, uid: string | undefined): void {
  const holder = [...world.sessions.values()].find((s) => s.state !== 'ended' && s.job === name)
  const serves = holder && servingPod(world.snapshot().pods, name)?.ready === true
  world.ledger.look('spared', !serves, `${name}, the Job of session ${holder?.sessionId}`)
  world.ledger.look('guarded', !isHeld(world, name), name)
  const found = uid ?? world.cluster.jobs.get(name)?.view.uid
  if (found) world.cluster.delete(name, found, world.nowMs)
}

/** Whether a slot or a session that goes on names this Job. Of a claim that is complete only the session's word counts. */
function isHeld(world: World, job: string): boolean {
  const isOpen = (slot: ClaimedSlot): boolean => {
    const session = world.sessions.get(slot.sessionId)
    return !session || (session.state !== 'ended' && session.epoch < slot.epoch)
  }
  const bySlot = [...world.slots.values()].some(
    (s) => s.state !== 'EMPTY' && s.job === job && (s.state !== 'CLAIMED' || isOpen(s)),
  )
  return bySlot || [...world.sessions.values()].some((s) => s.state !== 'ended' && names(s, job))
}

function isNamed(world: World, job: string): boolean {
  return (
    [...world.slots.values()].some((s) => s.state !== 'EMPTY' && s.job === job) ||
    [...world.sessions.values()].some((s) => !s.settled && names(s, job))
  )
}

function emptied(world: World, slot: Slot): EmptySlot {
  return { slot: slot.slot, gen: slot.gen + 1, state: 'EMPTY', sinceMs: world.nowMs }
}

function names({ job, oldJobs }: SessionRow, name: string): boolean {
  return job === name || oldJobs.some((old) => old.job === name)
}
