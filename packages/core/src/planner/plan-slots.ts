import type { Limits } from '../limits.ts'
import {
  crashedPod,
  isReached,
  type PodPath,
  type PodView,
  problemOf,
  routedOf,
  servingPod,
} from '../state/cluster-view.ts'
import { heldBackMs } from '../state/refill-row.ts'
import { claimTime, namesJob } from '../state/session.ts'
import {
  type ClaimedSlot,
  type FilledSlot,
  isPathOld,
  isServed,
  type Slot,
  type StartingSlot,
  uninitializedSlot,
  type WarmSlot,
} from '../state/slot.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { ageMs } from '../time.ts'
import type { CheckedPath } from '../transitions/fill-slot.ts'
import { type ByJob, byJob } from './by-job.ts'
import { replenishDelay } from './replenish.ts'
import type { PlanConfig, RetireReason, Step } from './step.ts'

/** The largest share of the slots that is not warm because of rotation (ADR 41). */
const ROTATED_SHARE = 1 / 20

/** The most slots that are not warm after rotation has replaced some. A pool of fewer than 40 slots has one. */
export function rotatedAtOnce(target: number): number {
  return Math.max(1, Math.floor(target * ROTATED_SHARE))
}

/** The steps for the slots. Each slot is judged alone, except that rotation replaces a few at a time while the others are warm. */
export function planSlots(snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const slots = snapshot.isPartial ? snapshot.slots : allSlots(snapshot.slots, config.limits.target)
  const of = byJob(snapshot)
  const sessions = new Map(snapshot.sessions.map((session) => [session.sessionId, session]))
  const steps = slots.flatMap((slot) => {
    const session = slot.state === 'CLAIMED' ? sessions.get(slot.sessionId) : undefined
    const own = { ...of(slot.state === 'EMPTY' ? [] : [slot.job]), sessions: session ? [session] : [] }
    return planSlot(slot, { ...snapshot, ...own }, nowMs, config)
  })
  const retired = new Set<Slot>(steps.flatMap((step) => (step.do === 'retire' ? [step.slot] : [])))
  const standing = slots.filter(
    (slot): slot is WarmSlot =>
      slot.state === 'WARM' && !isBeyondTarget(slot, config.limits.target) && !retired.has(slot),
  )
  const rotated = rotate(standing, snapshot, of, nowMs, config)
  const replaced = new Set<Slot>(rotated.map(({ slot }) => slot))
  return [...steps.filter((step) => !('slot' in step && replaced.has(step.slot))), ...rotated]
}

/** The slots that have a row, and an uninitialized slot for each number below `target` that has none. */
export function allSlots(rows: readonly Slot[], target: number): Slot[] {
  return withMissing(
    rows,
    Array.from({ length: target }, (_, number) => number),
  )
}

/**
 * The slots that have a row, and an uninitialized slot for each of these numbers that has none. A former row of that number must be
 * empty first. The generations continue those of the former row.
 */
export function withMissing(rows: readonly Slot[], numbers: readonly number[]): Slot[] {
  const existing = new Set(rows.flatMap(({ former, slot }) => (former ? [] : [slot])))
  const former = new Map(rows.flatMap((slot) => (slot.former ? [[slot.slot, slot] as const] : [])))
  const missing = numbers.filter(
    (number) => !existing.has(number) && (former.get(number)?.state ?? 'EMPTY') === 'EMPTY',
  )
  return [...rows, ...missing.map((number) => uninitializedSlot(number, (former.get(number)?.gen ?? -1) + 1))]
}

/** True for a slot that refill empties and does not fill again. */
export function isBeyondTarget({ former, slot }: Slot, target: number): boolean {
  return former === true || slot >= target
}

/** Slots from this number on hold no Job, once the steps for this snapshot are done. */
export function slotCountFor(slots: readonly Slot[], target: number): number {
  return slots.reduce((end, { slot, state }) => (state === 'EMPTY' ? end : Math.max(end, slot + 1)), target)
}

/** @param snapshot with the Jobs, pods and session of this slot alone. */
function planSlot(slot: Slot, snapshot: Snapshot, nowMs: number, config: PlanConfig): Step[] {
  const { limits } = config
  const isBeyond = isBeyondTarget(slot, limits.target)
  switch (slot.state) {
    case 'EMPTY':
      return isBeyond ||
        heldBackMs(snapshot.refill, nowMs, limits) > 0 ||
        replenishDelay(slot, snapshot.slots, nowMs, limits) > 0
        ? []
        : [{ do: 'reserve', slot }]
    case 'STARTING':
      return isBeyond
        ? [retire(slot, 'beyond_target', snapshot)]
        : planStarting(slot, snapshot, nowMs, config)
    case 'WARM':
      return isBeyond ? [retire(slot, 'beyond_target', snapshot)] : planWarm(slot, snapshot, nowMs, limits)
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
  const startedForMs = ageMs(slot.sinceMs, nowMs)
  if (startedForMs > config.limits.startBudgetMs && !isOnlyGatewayDown)
    return [retire(slot, 'start_timed_out', snapshot)]
  // A create request under way is not repeated: the quota would count the first and refuse the second.
  const isOrphaned = startedForMs > config.limits.createGraceMs
  if (job === undefined)
    return isOrphaned && heldBackMs(snapshot.refill, nowMs, config.limits) === 0
      ? [{ do: 'createJob', slot }]
      : []
  if (job.state !== 'active') return [retire(slot, 'job_ended', snapshot)]
  if (slot.spec !== config.spec) return [retire(slot, 'spec_outdated', snapshot)]
  if (found?.ready && isReached(found)) {
    return [{ do: 'markWarm', slot, pod: found.pod, ...checkedPath(found) }]
  }
  const reported = found ?? crashedPod(snapshot.pods, slot.job)
  const progress = reported?.progress ?? []
  const routed = reported && routedOf(reported)
  const problem = reported && problemOf(reported)
  const isSame =
    JSON.stringify([slot.progress ?? [], slot.routed, slot.problem]) ===
    JSON.stringify([progress, routed, problem])
  return isSame ? [] : [{ do: 'noteProgress', slot, progress, routed, problem }]
}

function planWarm(slot: WarmSlot, snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  if (!isServed(slot, snapshot)) {
    const hasJob = snapshot.jobs.some(({ name, state }) => name === slot.job && state === 'active')
    return [retire(slot, hasJob ? 'pod_not_ready' : 'job_ended', snapshot)]
  }
  const path = pathOf(slot, snapshot)
  if (isUnreached(path, limits))
    return [{ ...retire(slot, 'pod_unreached', snapshot), problem: path.problem }]
  const reached =
    path?.state === 'reached' && isPathOld(slot, nowMs, limits) ? { reachedAtMs: path.atMs } : {}
  const isDue = ageMs(slot.checkedAtMs, nowMs) >= limits.warmCheckMs || 'reachedAtMs' in reached
  return isDue ? [{ do: 'confirmWarm', slot, ...reached }] : []
}

/** True while handshakes with the slot's pod are under way that have neither reached it nor failed for long enough. */
export function isPathOpen(
  slot: WarmSlot,
  path: PodPath | undefined,
  nowMs: number,
  limits: Limits,
): boolean {
  if (!isPathOld(slot, nowMs, limits)) return false
  if (path?.state === 'unchecked') return path.isPending === true
  return path?.state === 'no_answer' && !isUnreached(path, limits)
}

function pathOf(slot: WarmSlot, { pods }: Snapshot): PodPath | undefined {
  return pods.find(({ pod }) => pod.uid === slot.pod.uid)?.path
}

/** Nothing is known of the pod while the gateway itself is down, so such a time does not count. */
function isUnreached(
  path: PodPath | undefined,
  { unreachedMs }: Limits,
): path is PodPath & { problem: string } {
  return path?.state === 'no_answer' && (path.unreachedMs ?? 0) >= unreachedMs
}

function checkedPath({ path }: PodView): CheckedPath {
  if (path?.state !== 'reached') return {}
  return { reachedAtMs: path.atMs, ...(path.tookMs === undefined ? {} : { routedMs: path.tookMs }) }
}

function planClaimed(slot: ClaimedSlot, snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  const session = snapshot.sessions.find(({ sessionId }) => sessionId === slot.sessionId)
  if (session && namesJob(session, slot.job))
    return [{ do: 'free', slot, ...(session.epoch === slot.epoch ? claimTime(session) : {}) }]
  // The session has reached this claim's epoch, or ended, without naming its Job. The claim lost, and the API has
  // shown its pod to no visitor.
  const isSuperseded = session !== undefined && (session.epoch >= slot.epoch || session.state === 'ended')
  if (isSuperseded) return [retire(slot, 'claim_superseded', snapshot)]
  return ageMs(slot.claimedAtMs, nowMs) > limits.claimGraceMs ? [{ do: 'completeClaim', slot, session }] : []
}

/**
 * The warm slots to replace now: those of an outdated specification, or else the aged ones. So many that {@link rotatedAtOnce} slots are
 * not warm then. A partial snapshot does not show how many are warm, so only slots of `rotating` are replaced.
 * @param standing the warm slots that no other step retires.
 */
function rotate(
  standing: readonly WarmSlot[],
  snapshot: Snapshot,
  of: ByJob,
  nowMs: number,
  { limits, spec }: PlanConfig,
): (Step & { do: 'retire' })[] {
  if (heldBackMs(snapshot.refill, nowMs, limits) > 0) return []
  const { isPartial, rotating } = snapshot
  const candidates = isPartial ? standing.filter(({ slot }) => rotating?.has(slot)) : standing
  const most = isPartial
    ? candidates.length
    : Math.max(0, rotatedAtOnce(limits.target) - (limits.target - standing.length))
  const outdated = candidates.filter((slot) => slot.spec !== spec)
  const aged = candidates.filter(({ sinceMs }) => ageMs(sinceMs, nowMs) > limits.warmAgeMs)
  const [chosen, because] =
    outdated.length > 0 ? [outdated, 'spec_outdated' as const] : [aged, 'max_age_exceeded' as const]
  return chosen.slice(0, most).map((slot) => retire(slot, because, { ...snapshot, ...of([slot.job]) }))
}

function retire(slot: FilledSlot, because: RetireReason, snapshot: Snapshot): Step & { do: 'retire' } {
  return { do: 'retire', slot, because, jobUid: snapshot.jobs.find(({ name }) => name === slot.job)?.uid }
}
