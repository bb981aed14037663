/**
 * Refill's steps, executed on a {@link World} in the product's order: the row first, by compare-and-set, then the cluster.
 * The rows themselves come from core/transitions, as in the Lambda.
 */
import { warmJobName } from '../identity/names.ts'
import type { Step } from '../planner/step.ts'
import { servingPod } from '../state/cluster-view.ts'
import { killedPodUid } from '../state/kill-state.ts'
import { namesJob, type SessionRow } from '../state/session.ts'
import type { ClaimedSlot, EmptySlot, StartingSlot } from '../state/slot.ts'
import { activate as activateSession } from '../transitions/activate.ts'
import { completeClaim } from '../transitions/complete-claim.ts'
import { endSession, finalize } from '../transitions/end-session.ts'
import { confirmWarm, emptySlot, markWarm, noteProgress, reserveSlot } from '../transitions/fill-slot.ts'
import { completeKill } from '../transitions/kill.ts'
import { dropPreviousJob, recordHeal } from '../transitions/previous-jobs.ts'
import type { World } from './world.ts'

/** How far a reconciliation gets before it crashes. */
export interface Crash {
  readonly afterSteps: number
  /** True: the next step writes its row, but does not reach the cluster. */
  readonly halfOfTheNext: boolean
}

/** Executes a plan. Other calls may have changed the world since it was made, and refill may crash on the way. */
export function applySteps(world: World, steps: readonly Step[], crash?: Crash): void {
  for (const [index, step] of steps.entries()) {
    const crashes = crash !== undefined && index >= crash.afterSteps
    if (crashes && (!crash.halfOfTheNext || index > crash.afterSteps)) return
    applyStep(world, step, crashes)
    world.checkAll()
  }
}

/** @param crashes refill crashes during the step: it writes the row but does not reach the cluster. */
function applyStep(world: World, step: Step, crashes: boolean): void {
  switch (step.do) {
    case 'reserve':
      reserve(world, step.slot, crashes)
      return
    case 'createJob':
      createWarmJob(world, step.slot, crashes)
      return
    case 'markWarm':
      warm(world, step)
      return
    case 'noteProgress':
      world.moveSlot(step.slot, noteProgress(step.slot, step))
      return
    case 'confirmWarm':
      world.moveSlot(step.slot, confirmWarm(step.slot, world.nowMs, step.reachedAtMs))
      return
    case 'completeClaim':
      world.write(step.session, completeClaim(step.slot, step.session, world.nowMs, world.limits))
      return
    case 'free':
      free(world, step.slot, crashes)
      return
    case 'retire':
      if (world.moveSlot(step.slot, emptySlot(step.slot, world.nowMs)) && !crashes)
        deleteJob(world, step.slot.job, step.jobUid)
      return
    case 'createSessionJob':
      if (!crashes) world.cluster.create(step.session.job, world.nowMs)
      return
    case 'activate':
      activate(world, step)
      return
    case 'killPod':
      killPod(world, step, crashes)
      return
    case 'end':
      world.update(step.session, (row) => endSession(row, step.session, step.because, world.nowMs))
      return
    case 'recordHeal':
      heal(world, step)
      return
    case 'dropJob':
      dropJob(world, step, crashes)
      return
    case 'deleteJob':
      if (!crashes) deleteJob(world, step.job, step.jobUid)
      return
    case 'finalize':
      world.write(step.session, finalize(step.session))
      return
    case 'deleteOrphanJob':
      if (!isNamed(world, step.job) && !crashes) deleteJob(world, step.job, step.jobUid)
      return
    case 'deleteOrphanPod':
      if (!crashes) world.cluster.deletePod(step.podUid, world.nowMs)
      return
    default:
      step satisfies never
  }
}

/** Gives a Ready pod to the session that waits for it. @returns the row as it stands afterwards. */
export function activate(world: World, step: Step & { do: 'activate' }): SessionRow {
  const { session, healed } = step
  const { row, changed } = world.update(session, (now) => activateSession(now, session, step, world.nowMs))
  if (changed && healed) world.statistics.measure('heal', healed.healMs)
  if (changed && session.state === 'starting' && row.epoch === 1) world.statistics.count('cold')
  return row
}

function reserve(world: World, slot: EmptySlot, crashes: boolean): void {
  const job = warmJobName(slot.slot, slot.gen, world.suffix())
  const reserved = reserveSlot(slot, { job, key: 'key', spec: world.spec }, world.nowMs)
  if (world.moveSlot(slot, reserved)) createWarmJob(world, reserved, crashes)
}

function createWarmJob(world: World, slot: StartingSlot, crashes: boolean): void {
  if (crashes) return
  const result = world.cluster.create(slot.job, world.nowMs)
  if (result === 'created') world.checkCreated(slot.job)
  if (result !== 'quota') return
  world.moveSlot(slot, emptySlot(slot, world.nowMs))
  world.pausedUntilMs = world.nowMs + world.limits.refillBackOffMs
  world.problem = 'ResourceQuota: every Job we may run is in use'
}

function warm(world: World, { slot, pod }: Step & { do: 'markWarm' }): void {
  const startMs = Math.round(world.nowMs - slot.sinceMs)
  if (!world.moveSlot(slot, markWarm(slot, pod, startMs, world.nowMs))) return
  world.problem = undefined
  world.statistics.measure('start', startMs)
}

function free(world: World, slot: ClaimedSlot, crashes: boolean): void {
  world.cluster.label(slot.job, slot.sessionId)
  if (crashes || !world.moveSlot(slot, emptySlot(slot, world.nowMs))) return
  world.statistics.count(slot.epoch === 1 ? 'warm' : 'failovers')
}

function killPod(world: World, { session, kill, podUid }: Step & { do: 'killPod' }, crashes: boolean): void {
  const isMeant = (killedPodUid(kill) ?? podUid) === podUid
  world.invariants.check('dead', isMeant, `${podUid} was killed in place of another`)
  const { graceMs, frozenGraceMs } = world.limits
  const died = world.cluster.deletePod(podUid, world.nowMs, kill.how === 'freeze' ? frozenGraceMs : graceMs)
  if (!crashes) world.update(session, (row) => completeKill(row, kill.epoch, { podUid, ...died }))
}

function heal(world: World, { session, previousJob, healed }: Step & { do: 'recordHeal' }): void {
  const { kill } = previousJob
  const wasKilled = kill !== undefined && killedPodUid(kill) !== undefined
  world.invariants.check('dead', wasKilled, 'a healing was timed of which no death is known')
  const next = recordHeal(session, previousJob, healed)
  if (next && world.write(session, next)) world.statistics.measure('heal', healed.healMs)
}

function dropJob(
  world: World,
  { session, previousJob, jobUid }: Step & { do: 'dropJob' },
  crashes: boolean,
): void {
  if (world.write(session, dropPreviousJob(session, previousJob)) && !crashes)
    deleteJob(world, previousJob.job, jobUid)
}

function deleteJob(world: World, name: string, uid: string | undefined): void {
  const holder = [...world.sessions.values()].find(({ job, state }) => state !== 'ended' && job === name)
  const serves = holder && servingPod(world.snapshot().pods, name)?.ready === true
  world.invariants.check('spared', !serves, `${name}, the Job of session ${holder?.sessionId}`)
  world.invariants.check('guarded', !isHeld(world, name), name)
  const found = uid ?? world.cluster.jobs.get(name)?.view.uid
  if (found) world.cluster.delete(name, found, world.nowMs)
}

/** True when a slot or a session that goes on names this Job. Once a claim is complete, only its session counts. */
function isHeld(world: World, job: string): boolean {
  const isOpen = (slot: ClaimedSlot): boolean => {
    const session = world.sessions.get(slot.sessionId)
    return !session || (session.state !== 'ended' && session.epoch < slot.epoch)
  }
  const bySlot = [...world.slots.values()].some(
    (slot) => slot.state !== 'EMPTY' && slot.job === job && (slot.state !== 'CLAIMED' || isOpen(slot)),
  )
  return bySlot || [...world.sessions.values()].some((row) => row.state !== 'ended' && namesJob(row, job))
}

function isNamed(world: World, job: string): boolean {
  return (
    [...world.slots.values()].some((slot) => slot.state !== 'EMPTY' && slot.job === job) ||
    [...world.sessions.values()].some((row) => !row.finalized && namesJob(row, job))
  )
}
