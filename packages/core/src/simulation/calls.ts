/**
 * The API calls of a visitor, executed on a simulated {@link World}. The rows come from core/transitions, as in the
 * Lambda. A call runs to its end before the next one begins.
 */
import type {
  ConnectedBody,
  HowToDie,
  Progress,
  Receipt,
  RecoverBody,
  Routed,
  Session,
} from '../api/contracts.ts'
import { ApiError } from '../api/errors.ts'
import { sessionView } from '../api/session-view.ts'
import { coldJobName } from '../identity/names.ts'
import { planSession } from '../planner/plan-session.ts'
import { awaitedPod, routedOf } from '../state/cluster-view.ts'
import { killOf } from '../state/kill-state.ts'
import type { SessionRow } from '../state/session.ts'
import { claimable, type WarmSlot } from '../state/slot.ts'
import { claimSlot } from '../transitions/claim-slot.ts'
import { connectSession, hasFailedOverAfterKill } from '../transitions/connect-session.ts'
import { createColdSession, createWarmSession } from '../transitions/create-session.ts'
import { endSession } from '../transitions/end-session.ts'
import { extendSession } from '../transitions/extend-session.ts'
import { completeKill, podOf, requestKill } from '../transitions/kill.ts'
import { failOver as failOverSession, heal, healInstead, isRepeatedRecovery } from '../transitions/recover.ts'
import { activate } from './apply.ts'
import type { World } from './world.ts'

/** Set when the Lambda crashes after its first write. */
export interface Crashing {
  readonly crashes?: boolean
}

interface Claim {
  readonly slot: WarmSlot | undefined
  readonly receipt: Receipt
}

/** Claims a warm slot by compare-and-set, if there is one. */
function claimWarmSlot(world: World, sessionId: string, epoch: number): Claim {
  const candidates = claimable([...world.slots.values()], world.nowMs, world.limits)
  const slot = candidates[Math.floor(world.random() * candidates.length)]
  const receipt = { stages: world.stages, candidates: candidates.length, conflicts: 0 }
  if (!slot) return { slot, receipt: { ...receipt, outcome: 'empty', tries: 0 } }
  const isFresh = world.nowMs - slot.checkedAtMs <= world.limits.warmStaleMs
  const detail = `${slot.pod.name} was not seen lately`
  world.invariants.check('gated', isFresh && slot.state === 'WARM', detail)
  world.moveSlot(slot, claimSlot(slot, { sessionId, epoch, visitor: '' }, world.nowMs))
  return { slot, receipt: { ...receipt, outcome: 'warm', tries: 1 } }
}

/**
 * Returns the visitor's session, or creates it on a warm pod or on a new Job.
 * @throws ApiError session_over, capacity, unavailable (the Lambda crashed, see {@link Crashing}).
 */
export function claim(world: World, sessionId: string, { crashes = false }: Crashing = {}): SessionRow {
  const existing = world.sessions.get(sessionId)
  if (existing?.state === 'ended') throw new ApiError('session_over')
  if (existing) return existing
  const { slot, receipt } = claimWarmSlot(world, sessionId, 1)
  const given = { sessionId, visitor: '', receipt }
  if (slot && crashes) throw new ApiError('unavailable')
  if (slot) return create(world, createWarmSession(given, slot, world.nowMs, world.limits))
  const job = coldJobName(sessionId, 1, world.suffix())
  const row = create(world, createColdSession(given, { job, key: '' }, world.nowMs, world.limits))
  if (crashes) throw new ApiError('unavailable')
  if (world.cluster.create(job, world.nowMs) === 'quota') {
    world.sessions.delete(sessionId)
    world.statistics.count('refused')
    throw new ApiError('capacity')
  }
  return row
}

/**
 * Replaces the pod of an epoch, under the next one. A repeated request for the same epoch returns the session as it is.
 * @throws ApiError no_session, session_over, old_epoch, future_epoch, unavailable (the Lambda crashed, see {@link Crashing}).
 */
export function recover(
  world: World,
  sessionId: string,
  { epoch, how }: RecoverBody,
  { crashes = false }: Crashing = {},
): SessionRow {
  const seen = getSession(world, sessionId)
  if (isRepeatedRecovery(seen, epoch)) return seen
  return how === 'heal'
    ? world.update(seen, (row) => heal(row, epoch, world.nowMs)).row
    : failOver(world, seen, crashes)
}

function failOver(world: World, seen: SessionRow, crashes: boolean): SessionRow {
  const { sessionId, epoch } = seen
  const { slot, receipt } = claimWarmSlot(world, sessionId, epoch + 1)
  if (slot && crashes) throw new ApiError('unavailable')
  const next = slot ?? { job: coldJobName(sessionId, epoch + 1, world.suffix()), key: '' }
  const { row } = world.update(seen, (now) => failOverSession(now, epoch, next, receipt, world.nowMs))
  if (slot) return row
  if (crashes) throw new ApiError('unavailable')
  if (world.cluster.create(next.job, world.nowMs) !== 'quota') return row
  return world.update(row, (now) => healInstead(now, row, seen)).row
}

/**
 * Kills the pod of an epoch. A crash is only recorded, because the page requests it over its WebSocket.
 * @param epoch the epoch whose pod is meant; the present one when it is not given.
 * @throws ApiError no_session, session_over, too_soon, future_epoch.
 */
export function kill(
  world: World,
  sessionId: string,
  how: HowToDie,
  epoch?: number,
  { crashes = false }: Crashing = {},
): SessionRow {
  const seen = getSession(world, sessionId)
  const { limits, nowMs } = world
  const { row, changed } = world.update(seen, (now) => requestKill(now, { epoch, how }, nowMs, limits))
  if (!changed) return row
  world.statistics.count('kills')
  const killed = killOf(row, epoch ?? row.epoch)
  const pod = killed && podOf(row, killed.epoch)
  if (!pod || crashes || how === 'crash') return row
  const graceMs = how === 'freeze' ? limits.frozenGraceMs : limits.graceMs
  const died = world.cluster.deletePod(pod.uid, nowMs, graceMs)
  return world.update(row, (now) => completeKill(now, killed.epoch, { podUid: pod.uid, ...died })).row
}

/** @throws ApiError no_session, session_over, lease_at_limit. */
export function extend(world: World, sessionId: string): SessionRow {
  const seen = getSession(world, sessionId)
  return world.update(seen, (row) => extendSession(row, world.nowMs, world.limits)).row
}

/**
 * Records the page's report of its first pong.
 * @param body `firstPongMs`: ms from the kill of the previous pod, or from the claim; 0 if the page did not measure it.
 * @throws ApiError no_session, session_over, old_epoch, future_epoch.
 */
export function connected(
  world: World,
  sessionId: string,
  { epoch, firstPongMs }: Pick<ConnectedBody, 'epoch' | 'firstPongMs'>,
): void {
  const seen = getSession(world, sessionId)
  const { row, changed } = world.update(seen, (now) => connectSession(now, epoch, world.nowMs))
  if (changed && firstPongMs > 0 && hasFailedOverAfterKill(row))
    world.statistics.measure('failover', firstPongMs)
}

/** Gives the pod back. A session that has ended stays ended. @throws ApiError no_session. */
export function release(world: World, sessionId: string): void {
  const seen = getSession(world, sessionId)
  world.update(seen, (row) => endSession(row, seen, 'released', world.nowMs))
}

/** The session. When it waits and its pod has become Ready, the session gets the pod. @throws ApiError no_session. */
export function read(
  world: World,
  sessionId: string,
): { row: SessionRow; progress?: Progress; routed?: Routed } {
  const row = getSession(world, sessionId)
  if (row.state !== 'starting' && row.state !== 'recovering') return { row }
  const snapshot = world.snapshot()
  const [step] = planSession(row, snapshot, world.nowMs, world.limits)
  if (step?.do === 'activate') return { row: activate(world, step) }
  const reported = awaitedPod(snapshot.pods, row)
  const routed = reported && routedOf(reported)
  return { row, progress: reported?.progress ?? NOT_YET, ...(routed ? { routed } : {}) }
}

const NOT_YET: Progress = (['created', 'scheduled', 'network', 'started', 'ready'] as const).map((step) => ({
  step,
  at: null,
}))

/** The session as the API answers it. The socket leads to the simulated pod. */
export function shown({ row, ...start }: { row: SessionRow; progress?: Progress; routed?: Routed }): Session {
  const socket = row.pod
    ? { url: `simulated:/pod/${row.pod.ip}`, protocols: ['warm-pods.v1', `token.${row.epoch}`] }
    : undefined
  return sessionView(row, { ...(socket ? { socket } : {}), ...start })
}

function getSession(world: World, sessionId: string): SessionRow {
  const row = world.sessions.get(sessionId)
  if (!row) throw new ApiError('no_session')
  return row
}

function create(world: World, row: SessionRow): SessionRow {
  const written = world.write(undefined, row)
  if (!written) throw new ApiError('unavailable')
  return written
}
