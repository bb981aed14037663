/** The calls of a visitor on a simulated {@link World}: what packages/functions does with DynamoDB and a cluster. */
import type { ConnectedBody, HowToDie, Progress, RecoverBody, Session } from '../api/contracts.ts'
import { ApiError } from '../api/errors.ts'
import { sessionView } from '../api/session-view.ts'
import { coldJobName } from '../identity/names.ts'
import { planSession } from '../planner/plan-session.ts'
import {
  claimable,
  crashedPod,
  isKilled,
  type SessionRow,
  servingPod,
  toPreviousJob,
  type WarmSlot,
} from '../state/state.ts'
import { activate, closeKill, end } from './apply.ts'
import type { World } from './world.ts'

/** A Lambda that dies after its first write. */
export interface Dying {
  readonly dies?: boolean
}

/** Takes a warm slot by compare-and-set; undefined when none stands warm. */
function take(
  world: World,
  sessionId: string,
  epoch: number,
): { slot: WarmSlot | undefined; candidates: number } {
  const candidates = claimable([...world.slots.values()], world.nowMs, world.limits)
  const slot = candidates[Math.floor(world.random() * candidates.length)]
  if (!slot) return { slot, candidates: 0 }
  const { checkedAtMs, ...rest } = slot
  const fresh = world.nowMs - checkedAtMs <= world.limits.warmStaleMs
  world.ledger.look('gated', fresh && slot.state === 'WARM', `${slot.pod.name} was not seen lately`)
  const claimedAtMs = world.nowMs
  world.moveSlot(slot, { ...rest, state: 'CLAIMED', sessionId, epoch, claimedAtMs, sinceMs: claimedAtMs })
  return { slot, candidates: candidates.length }
}

/**
 * A visitor's session: the one they have, or a new one on a warm pod, or on one that starts now.
 * @throws ApiError session_over, capacity, unavailable (a Lambda that died).
 */
export function claim(world: World, sessionId: string, { dies = false }: Dying = {}): SessionRow {
  const existing = world.sessions.get(sessionId)
  if (existing?.state === 'ended') throw new ApiError('session_over')
  if (existing) return existing
  const { slot, candidates } = take(world, sessionId, 1)
  const receipt = (outcome: 'warm' | 'empty') => ({
    outcome,
    stages: world.stages,
    candidates,
    tries: slot ? 1 : 0,
    conflicts: 0,
  })
  if (slot && dies) throw new ApiError('unavailable')
  if (slot) {
    const { job, key, pod } = slot
    const row = world.newSession(sessionId, {
      state: 'live',
      source: 'warm',
      job,
      key,
      pod,
      receipt: receipt('warm'),
    })
    return written(world, undefined, row)
  }
  const job = coldJobName(sessionId, 1, world.suffix())
  const cold = world.newSession(sessionId, {
    state: 'starting',
    source: 'cold',
    job,
    receipt: receipt('empty'),
  })
  const row = written(world, undefined, cold)
  if (dies) throw new ApiError('unavailable')
  if (world.cluster.create(job, world.spec, world.nowMs) === 'quota') {
    world.sessions.delete(sessionId)
    world.statistics.count('refused')
    throw new ApiError('capacity')
  }
  return row
}

/**
 * Replaces the pod of an epoch, under the next one. Asked again for the same epoch it answers with what it did.
 * @throws ApiError no_session, session_over, old_epoch, future_epoch, unavailable.
 */
export function recover(
  world: World,
  sessionId: string,
  body: RecoverBody,
  { dies = false }: Dying = {},
): SessionRow {
  const seen = owned(world, sessionId)
  if (seen.state === 'ended') throw new ApiError('session_over')
  if (body.epoch === seen.epoch - 1) return seen
  if (body.epoch < seen.epoch) throw new ApiError('old_epoch')
  if (body.epoch > seen.epoch) throw new ApiError('future_epoch')
  return body.how === 'heal' ? healing(world, seen) : failOver(world, seen, dies)
}

function failOver(world: World, seen: SessionRow, dies: boolean): SessionRow {
  const { sessionId } = seen
  const epoch = seen.epoch + 1
  const { slot, candidates } = take(world, sessionId, epoch)
  if (slot && dies) throw new ApiError('unavailable')
  const receipt = { stages: world.stages, candidates, tries: slot ? 1 : 0, conflicts: 0 }
  const next = { ...nextEpoch(world, seen), oldJobs: [...seen.oldJobs, toPreviousJob(seen)] }
  if (slot) {
    const { job, key, pod } = slot
    const held = { state: 'live', source: 'rescued', job, key, pod } as const
    return written(world, seen, { ...next, ...held, receipt: { ...receipt, outcome: 'warm' } })
  }
  const job = coldJobName(sessionId, epoch, world.suffix())
  const cold = { state: 'starting', source: 'cold', job, receipt: { ...receipt, outcome: 'empty' } } as const
  const row = written(world, seen, { ...next, ...cold })
  if (dies) throw new ApiError('unavailable')
  const made = world.cluster.create(job, world.spec, world.nowMs)
  return made === 'quota' ? healInstead(world, row, seen) : row
}

/** No room for another Job: the session's own still heals. */
function healInstead(world: World, row: SessionRow, before: SessionRow): SessionRow {
  const { source, job, key } = before
  const oldJobs = row.oldJobs.filter((old) => old.job !== job)
  const receipt = { ...row.receipt, outcome: 'capacity' } as const
  const kill = before.kill?.epoch === before.epoch ? { kill: before.kill } : {}
  return written(world, row, {
    ...row,
    state: 'recovering',
    source,
    job,
    key,
    oldJobs,
    receipt,
    ...kill,
    ...left(before),
  })
}

function healing(world: World, seen: SessionRow): SessionRow {
  const kill = seen.kill?.epoch === seen.epoch ? { kill: seen.kill } : {}
  return written(world, seen, { ...nextEpoch(world, seen), state: 'recovering', ...kill, ...left(seen) })
}

function left({ pod, leftPodUid }: SessionRow): { leftPodUid?: string } {
  const uid = pod?.uid ?? leftPodUid
  return uid === undefined ? {} : { leftPodUid: uid }
}

function nextEpoch(world: World, row: SessionRow): SessionRow {
  const { leftPodUid: _leftPodUid, kill: _kill, pod: _pod, ...rest } = row
  return { ...rest, epoch: row.epoch + 1, epochAtMs: world.nowMs, seenAtMs: world.nowMs }
}

/**
 * Kills the pod of an epoch. A crash was asked for on the visitor's socket: it is only recorded.
 * @param epoch the pod that is meant; the one held now when it is not said.
 * @throws ApiError no_session, session_over, too_soon, future_epoch.
 */
export function kill(
  world: World,
  sessionId: string,
  how: HowToDie,
  epoch?: number,
  { dies = false }: Dying = {},
): SessionRow {
  const seen = owned(world, sessionId)
  if (seen.state === 'ended') throw new ApiError('session_over')
  if ((epoch ?? seen.epoch) > seen.epoch) throw new ApiError('future_epoch')
  const marked = mark(world, seen, how, epoch ?? seen.epoch)
  if (!marked) return seen
  const waitMs = (seen.lastKillAtMs ?? Number.NEGATIVE_INFINITY) + world.limits.killCooldownMs - world.nowMs
  if (waitMs > 0) throw new ApiError('too_soon', { retryAfterMs: waitMs })
  const row = written(world, seen, { ...marked.row, lastKillAtMs: world.nowMs, seenAtMs: world.nowMs })
  world.statistics.count('kills')
  if (!marked.uid || dies || how === 'crash') return row
  const graceMs = how === 'freeze' ? world.limits.frozenGraceMs : world.limits.graceMs
  world.cluster.killPod(marked.uid, world.nowMs, graceMs)
  return closeKill(world, row, marked.uid) ?? row
}

/** Writes a kill where it belongs: on the session, or on the Job it has left since; undefined when it stands there already. */
function mark(
  world: World,
  row: SessionRow,
  how: HowToDie,
  epoch: number,
): { row: SessionRow; uid: string | undefined } | undefined {
  const order = { epoch, how, atMs: world.nowMs, done: false }
  if (epoch === row.epoch) {
    if (isKilled(row)) return undefined
    const uid = row.pod?.uid
    return { row: { ...row, kill: uid === undefined ? order : { ...order, podUid: uid } }, uid }
  }
  const old = row.oldJobs.find((o) => o.epoch === epoch)
  if (!old?.pod || old.kill) return undefined
  const { uid } = old.pod
  const oldJobs = row.oldJobs.map((o) => (o === old ? { ...o, kill: { ...order, podUid: uid } } : o))
  return { row: { ...row, oldJobs }, uid }
}

/** @throws ApiError no_session, session_over, lease_at_limit. */
export function extend(world: World, sessionId: string): SessionRow {
  const seen = owned(world, sessionId)
  if (seen.state === 'ended') throw new ApiError('session_over')
  if (seen.leaseEndsAtMs >= seen.endsAtMs) throw new ApiError('lease_at_limit')
  const leaseEndsAtMs = Math.min(world.nowMs + world.limits.leaseMs, seen.endsAtMs)
  return written(world, seen, { ...seen, leaseEndsAtMs, seenAtMs: world.nowMs })
}

/** The page's report of its first pong, ms after it killed the pod before. @throws ApiError no_session, session_over, old_epoch, future_epoch. */
export function connected(
  world: World,
  sessionId: string,
  { epoch, firstPongMs }: Pick<ConnectedBody, 'epoch' | 'firstPongMs'>,
): void {
  const seen = owned(world, sessionId)
  if (seen.state === 'ended') throw new ApiError('session_over')
  if (epoch < seen.epoch) throw new ApiError('old_epoch')
  if (epoch > seen.epoch) throw new ApiError('future_epoch')
  if (seen.connectedEpoch >= epoch) return
  written(world, seen, { ...seen, connectedEpoch: epoch, seenAtMs: world.nowMs })
  const killed = seen.oldJobs.some((old) => old.kill && old.epoch === epoch - 1)
  if (seen.source === 'rescued' && killed) world.statistics.measure('failover', firstPongMs)
}

/** Gives the pod back; a session that has ended stays ended. @throws ApiError no_session. */
export function release(world: World, sessionId: string): void {
  const seen = owned(world, sessionId)
  if (seen.state !== 'ended') end(world, seen, 'released')
}

/** The session; one that waits is handed its pod if that has become Ready. @throws ApiError no_session. */
export function read(world: World, sessionId: string): { row: SessionRow; progress?: Progress } {
  const row = owned(world, sessionId)
  if (row.state !== 'starting' && row.state !== 'recovering') return { row }
  const snapshot = world.snapshot()
  const [step] = planSession(row, snapshot, world.nowMs, world.limits)
  if (step?.do === 'activate') return { row: activate(world, step) ?? row }
  const crashed = row.state === 'starting' ? crashedPod(snapshot.pods, row.job) : undefined
  const told = servingPod(snapshot.pods, row.job, row.leftPodUid) ?? crashed
  return { row, progress: told?.progress ?? NOT_YET }
}

const NOT_YET: Progress = (['created', 'scheduled', 'network', 'started', 'ready'] as const).map((step) => ({
  step,
  at: null,
}))

/** What the holder of a session is told; the socket leads to the simulated pod. */
export function shown({ row, progress }: { row: SessionRow; progress?: Progress }): Session {
  const socket = row.pod
    ? { url: `simulated:/pod/${row.pod.ip}`, protocols: ['warm-pods.v1', `token.${row.epoch}`] }
    : undefined
  return sessionView(row, { ...(socket ? { socket } : {}), ...(progress ? { progress } : {}) })
}

function owned(world: World, sessionId: string): SessionRow {
  const row = world.sessions.get(sessionId)
  if (!row) throw new ApiError('no_session')
  return row
}

/** Calls run one after the other here, so a write by what was just read cannot be overtaken. */
function written(world: World, seen: SessionRow | undefined, next: SessionRow): SessionRow {
  const row = world.write(seen, next)
  if (!row) throw new ApiError('unavailable')
  return row
}
