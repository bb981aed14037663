import type { Limits } from '../limits.ts'
import { crashedPod, isReached, problemOf, routedProgress, servingPod } from '../state/cluster-view.ts'
import { namesJob } from '../state/session.ts'
import {
  type ClaimedSlot,
  type FilledSlot,
  isServed,
  type Slot,
  type StartingSlot,
  uninitializedSlot,
  type WarmSlot,
} from '../state/slot.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { PlanConfig, RetireReason, Step } from './step.ts'

/** The steps for the slots. Each slot is judged alone, except that rotation replaces one at a time while all are warm. */
export function planSlots(snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const slots = allSlots(snapshot.slots, config.limits.target)
  const steps = slots.flatMap((slot) => planSlot(slot, snapshot, nowMs, config))
  const isCalm = steps.every((step) => step.do === 'confirmWarm')
  const rotation = isCalm ? rotate(slots, snapshot, nowMs, config) : undefined
  if (rotation === undefined) return steps
  return [...steps.filter((step) => !('slot' in step) || step.slot.slot !== rotation.slot.slot), rotation]
}

/** The slots that have a row, and an uninitialized slot for each that has none. */
function allSlots(rows: readonly Slot[], target: number): Slot[] {
  const missing = Array.from({ length: target }, (_, number) => number).filter(
    (number) => !rows.some(({ slot }) => slot === number),
  )
  return [...rows, ...missing.map(uninitializedSlot)]
}

function planSlot(slot: Slot, snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const { limits } = config
  const isBeyondTarget = slot.slot >= limits.target
  switch (slot.state) {
    case 'EMPTY':
      return isBeyondTarget || snapshot.refill.pausedUntilMs > nowMs ? [] : [{ do: 'reserve', slot }]
    case 'STARTING':
      return isBeyondTarget
        ? [retire(slot, 'beyond_target', snapshot)]
        : planStarting(slot, snapshot, nowMs, config)
    case 'WARM':
      return isBeyondTarget
        ? [retire(slot, 'beyond_target', snapshot)]
        : planWarm(slot, snapshot, nowMs, limits)
    case 'CLAIMED':
      return planClaimed(slot, snapshot, nowMs, limits)
    default:
      return slot satisfies never
  }
}

function planStarting(slot: StartingSlot, snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const job = snapshot.jobs.find(({ name }) => name === slot.job)
  const found = servingPod(snapshot.pods, slot.job)
  // Another pod would be no better while the gateway is down. The slot becomes warm when the gateway is back.
  const isOnlyGatewayDown = found?.ready === true && found.path?.state === 'gateway_down'
  if (nowMs - slot.sinceMs > config.limits.startBudgetMs && !isOnlyGatewayDown)
    return [retire(slot, 'start_timed_out', snapshot)]
  // A create request under way is not repeated: the quota would count the first and refuse the second.
  const isOrphaned = nowMs - slot.sinceMs > config.limits.createGraceMs
  if (job === undefined)
    return isOrphaned && snapshot.refill.pausedUntilMs <= nowMs ? [{ do: 'createJob', slot }] : []
  if (job.state !== 'active') return [retire(slot, 'job_ended', snapshot)]
  if (slot.spec !== config.spec) return [retire(slot, 'spec_outdated', snapshot)]
  if (found?.ready && isReached(found)) {
    const routedMs = found.path?.state === 'reached' ? found.path.tookMs : undefined
    return [{ do: 'markWarm', slot, pod: found.pod, ...(routedMs === undefined ? {} : { routedMs }) }]
  }
  const reported = found ?? crashedPod(snapshot.pods, slot.job)
  const progress = reported ? routedProgress(reported) : []
  const problem = reported && problemOf(reported)
  const isSame = JSON.stringify([slot.progress ?? [], slot.problem]) === JSON.stringify([progress, problem])
  return isSame ? [] : [{ do: 'noteProgress', slot, progress, problem }]
}

function planWarm(slot: WarmSlot, snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  if (!isServed(slot, snapshot)) {
    const hasJob = snapshot.jobs.some(({ name, state }) => name === slot.job && state === 'active')
    return [retire(slot, hasJob ? 'pod_not_ready' : 'job_ended', snapshot)]
  }
  return nowMs - slot.checkedAtMs >= limits.warmCheckMs ? [{ do: 'confirmWarm', slot }] : []
}

function planClaimed(slot: ClaimedSlot, snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  const session = snapshot.sessions.find(({ sessionId }) => sessionId === slot.sessionId)
  if (session && namesJob(session, slot.job)) return [{ do: 'free', slot }]
  // The session has reached this claim's epoch, or ended, without naming its Job. The claim lost, and the API has
  // shown its pod to no visitor.
  const isSuperseded = session !== undefined && (session.epoch >= slot.epoch || session.state === 'ended')
  if (isSuperseded) return [retire(slot, 'claim_superseded', snapshot)]
  return nowMs - slot.claimedAtMs > limits.claimGraceMs ? [{ do: 'completeClaim', slot, session }] : []
}

/** The one warm slot to replace now, or undefined: an outdated specification first, then age. */
function rotate(
  slots: readonly Slot[],
  snapshot: Snapshot,
  nowMs: number,
  config: PlanConfig,
): (Step & { do: 'retire' }) | undefined {
  const warm = slots.filter((slot): slot is WarmSlot => slot.state === 'WARM')
  if (warm.length < config.limits.target || snapshot.refill.pausedUntilMs > nowMs) return undefined
  const outdated = warm.find(({ spec }) => spec !== config.spec)
  if (outdated) return retire(outdated, 'spec_outdated', snapshot)
  const aged = warm.find(({ sinceMs }) => nowMs - sinceMs > config.limits.warmAgeMs)
  return aged ? retire(aged, 'max_age_exceeded', snapshot) : undefined
}

function retire(slot: FilledSlot, because: RetireReason, snapshot: Snapshot): Step & { do: 'retire' } {
  return { do: 'retire', slot, because, jobUid: snapshot.jobs.find(({ name }) => name === slot.job)?.uid }
}
