import type { Limits } from '../limits.ts'
import type { ClaimedSlot, EmptySlot, Slot, Snapshot, StartingSlot, WarmSlot } from '../state/state.ts'
import { crashedPod, servingPod } from '../state/state.ts'
import type { PlanConfig, RetireReason, Step } from './plan.ts'

type Filled = Exclude<Slot, EmptySlot>

/** The steps for the slots: each judged by itself, but rotation takes one at a time, and only when all the others stand warm. */
export function planSlots(snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const slots = allSlots(snapshot.slots, config.limits.target)
  const steps = slots.flatMap((slot) => planSlot(slot, snapshot, nowMs, config))
  const undisturbed = steps.every((step) => step.do === 'confirmWarm')
  const rotation = undisturbed ? rotate(slots, snapshot, nowMs, config) : undefined
  if (rotation === undefined) return steps
  return [...steps.filter((step) => !('slot' in step) || step.slot.slot !== rotation.slot.slot), rotation]
}

/** The rows there are, and an empty slot for each that has none yet. */
function allSlots(rows: readonly Slot[], target: number): Slot[] {
  const missing = Array.from({ length: target }, (_, slot) => slot).filter(
    (i) => !rows.some((r) => r.slot === i),
  )
  return [...rows, ...missing.map((slot): EmptySlot => ({ slot, gen: 0, state: 'EMPTY', sinceMs: 0 }))]
}

function planSlot(slot: Slot, snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const { limits } = config
  const beyond = slot.slot >= limits.target
  switch (slot.state) {
    case 'EMPTY':
      return beyond || snapshot.refill.pausedUntilMs > nowMs ? [] : [{ do: 'reserve', slot }]
    case 'STARTING':
      return beyond
        ? [retire(slot, 'more slots than the target', snapshot)]
        : planStarting(slot, snapshot, nowMs, config)
    case 'WARM':
      return beyond
        ? [retire(slot, 'more slots than the target', snapshot)]
        : planWarm(slot, snapshot, nowMs, limits)
    case 'CLAIMED':
      return planClaimed(slot, snapshot, nowMs, limits)
    default:
      return slot satisfies never
  }
}

function planStarting(slot: StartingSlot, snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const job = snapshot.jobs.find((j) => j.name === slot.job)
  const found = servingPod(snapshot.pods, slot.job)
  if (nowMs - slot.sinceMs > config.limits.startBudgetMs)
    return [retire(slot, 'did not start in time', snapshot)]
  // A creation under way is not asked for a second time: the quota would count the first and refuse the other.
  const isOrphaned = nowMs - slot.sinceMs > config.limits.createGraceMs
  if (job === undefined)
    return isOrphaned && snapshot.refill.pausedUntilMs <= nowMs ? [{ do: 'createJob', slot }] : []
  if (job.state !== 'active') return [retire(slot, 'its Job ended', snapshot)]
  if (slot.spec !== config.spec) return [retire(slot, 'another specification is current', snapshot)]
  if (found?.ready) return [{ do: 'markWarm', slot, pod: found.pod }]
  const told = found ?? crashedPod(snapshot.pods, slot.job)
  const progress = told?.progress ?? []
  const problem = told?.problem
  const same = JSON.stringify([slot.progress ?? [], slot.problem]) === JSON.stringify([progress, problem])
  return same ? [] : [{ do: 'noteProgress', slot, progress, problem }]
}

function planWarm(slot: WarmSlot, snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  const seen = snapshot.pods.find((p) => p.pod.uid === slot.pod.uid)
  const job = snapshot.jobs.find((j) => j.name === slot.job)
  if (!seen?.ready || seen.deleting || seen.phase !== 'Running')
    return [retire(slot, 'its pod is gone or not ready', snapshot)]
  if (job?.state !== 'active') return [retire(slot, 'its Job ended', snapshot)]
  return nowMs - slot.checkedAtMs >= limits.warmCheckMs ? [{ do: 'confirmWarm', slot }] : []
}

function planClaimed(slot: ClaimedSlot, snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  const session = snapshot.sessions.find((s) => s.sessionId === slot.sessionId)
  const owns = session?.job === slot.job || session?.oldJobs.some((old) => old.job === slot.job)
  if (owns) return [{ do: 'free', slot }]
  // A row that has come as far as this claim, or ended, without naming its Job: the claim lost, its pod has never been shown to anyone.
  const passed = session !== undefined && (session.epoch >= slot.epoch || session.state === 'ended')
  if (passed) return [retire(slot, 'its claim lost to another', snapshot)]
  return nowMs - slot.claimedAtMs > limits.claimGraceMs ? [{ do: 'finishClaim', slot, session }] : []
}

function rotate(
  slots: readonly Slot[],
  snapshot: Snapshot,
  nowMs: number,
  config: PlanConfig,
): (Step & { do: 'retire' }) | undefined {
  const warm = slots.filter((slot): slot is WarmSlot => slot.state === 'WARM')
  if (warm.length < config.limits.target || snapshot.refill.pausedUntilMs > nowMs) return undefined
  const oldSpec = warm.find((slot) => slot.spec !== config.spec)
  if (oldSpec) return retire(oldSpec, 'another specification is current', snapshot)
  const aged = warm.find((slot) => nowMs - slot.sinceMs > config.limits.warmAgeMs)
  return aged ? retire(aged, 'older than a warm pod may be', snapshot) : undefined
}

function retire(slot: Filled, because: RetireReason, snapshot: Snapshot): Step & { do: 'retire' } {
  return { do: 'retire', slot, because, jobUid: snapshot.jobs.find((j) => j.name === slot.job)?.uid }
}
