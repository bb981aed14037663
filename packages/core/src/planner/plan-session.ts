import type { EndReason } from '../api/contracts.ts'
import type { Limits } from '../limits.ts'
import type { Kill, OldJob, PodView, SessionRow, Snapshot } from '../state/state.ts'
import { servingPod } from '../state/state.ts'
import type { Healed, Step } from './plan.ts'

/** The steps for one session: end what is over, move forward what waits, clear up what it has left behind. */
export function planSession(session: SessionRow, snapshot: Snapshot, nowMs: number, limits: Limits): Step[] {
  if (session.settled) return []
  if (session.state === 'ended') return planEnded(session, snapshot)
  const because = endReason(session, snapshot, nowMs, limits)
  if (because) return [{ do: 'end', session, because }]
  if (isAbandoned(session, snapshot, nowMs, limits))
    return [{ do: 'end', session, because: 'failed', jobGone: true }]
  const forward = planForward(session, snapshot, nowMs, limits)
  // One write per session and run: each names the version it read, so a second would lose to the first.
  const step =
    forward ?? session.oldJobs.map((old) => planOldJob(session, old, snapshot, nowMs, limits)).find(Boolean)
  return step ? [step] : []
}

/** Why a session is over, if it is. */
function endReason(s: SessionRow, snapshot: Snapshot, nowMs: number, limits: Limits): EndReason | undefined {
  if (nowMs >= s.endsAtMs) return 'lifetime'
  if (nowMs >= s.leaseEndsAtMs) return 'lease'
  const job = snapshot.jobs.find((j) => j.name === s.job)
  if (job?.state === 'complete') return 'idle'
  if (job?.state === 'failed' || job?.state === 'deleting') return 'failed'
  const unseenMs = nowMs - Math.max(s.seenAtMs, s.epochAtMs)
  if (s.state === 'live')
    return s.connectedEpoch < s.epoch && unseenMs > limits.socketIdleMs ? 'unused' : undefined
  const healing = s.state === 'recovering'
  const budgetMs = healing ? limits.startBudgetMs + limits.healBudgetMs : limits.startBudgetMs
  return nowMs - s.epochAtMs > budgetMs ? 'failed' : undefined
}

/** Somebody has deleted its Job, and no page came to ask for another pod: one that is there does so within seconds. */
function isAbandoned(s: SessionRow, snapshot: Snapshot, nowMs: number, limits: Limits): boolean {
  const unseenMs = nowMs - Math.max(s.seenAtMs, s.epochAtMs)
  return s.state === 'live' && unseenMs > limits.socketIdleMs && !snapshot.jobs.some((j) => j.name === s.job)
}

/** A session that waits: for its Job, for its pod, or for a kill that has not reached the cluster. */
function planForward(
  session: SessionRow,
  snapshot: Snapshot,
  nowMs: number,
  limits: Limits,
): Step | undefined {
  const { kill } = session
  const target = killTarget(session, snapshot.pods, nowMs, limits)
  if (kill && !kill.done && target)
    return { do: 'killPod', session, kill, podName: target.pod.name, podUid: target.pod.uid }
  if (session.state === 'live') return undefined
  const patient = nowMs - session.epochAtMs > limits.lostGraceMs
  if (!snapshot.jobs.some((j) => j.name === session.job))
    return session.state === 'starting' || patient ? { do: 'createSessionJob', session } : undefined
  const next = servingPod(snapshot.pods, session.job, patient && !kill ? undefined : session.leftPodUid)
  if (!next?.ready) return undefined
  const healed = kill && session.state === 'recovering' ? healedIn(kill, next, snapshot.pods) : undefined
  return { do: 'activate', session, pod: next.pod, ...(healed ? { healed } : {}) }
}

/** Death of the killed pod to its replacement Ready, both by the cluster's clock wherever it told. */
function healedIn(kill: Kill, next: PodView, pods: readonly PodView[]): Healed | undefined {
  if (next.readyAtMs === undefined) return undefined
  const dead = pods.find((p) => p.pod.uid === kill.podUid)
  const healMs = Math.max(0, next.readyAtMs - (dead?.diedAtMs ?? kill.diedAtMs ?? kill.atMs))
  return { healMs, progress: next.progress }
}

/**
 * The pod a kill is meant for: the one it named, or, asked for while starting, the first there is. A crash was asked for
 * on the visitor's socket; a pod that runs on all the same (the word never reached it) is deleted.
 */
function killTarget(
  session: SessionRow,
  pods: readonly PodView[],
  nowMs: number,
  limits: Limits,
): PodView | undefined {
  const { kill } = session
  if (!kill || kill.done) return undefined
  if (kill.podUid === undefined) return servingPod(pods, session.job, session.leftPodUid)
  if (kill.how === 'crash' && nowMs - kill.atMs <= limits.lostGraceMs) return undefined
  return pods.find((p) => p.pod.uid === kill.podUid && !p.deleting && p.phase !== 'Failed')
}

/** A Job left behind: timed if it was killed and heals in time, deleted in any case. */
function planOldJob(
  session: SessionRow,
  old: OldJob,
  snapshot: Snapshot,
  nowMs: number,
  limits: Limits,
): Step | undefined {
  const job = snapshot.jobs.find((j) => j.name === old.job)
  const drop: Step = { do: 'dropJob', session, oldJob: old, jobUid: job?.uid }
  // A kill asked for before there was a pod killed none: the pod that came is no replacement, and there is nothing to time.
  if (!old.kill && isKillOnItsWay(session, old, nowMs, limits)) return undefined
  if (old.kill?.podUid === undefined || job?.state !== 'active') return drop
  if (nowMs - old.kill.atMs > limits.healBudgetMs) return drop
  const next = servingPod(snapshot.pods, old.job, old.kill.podUid)
  const healed = next?.ready ? healedIn(old.kill, next, snapshot.pods) : undefined
  if (!healed) return undefined
  const recorded = session.heals.some((h) => h.epoch === old.epoch)
  return recorded ? drop : { do: 'recordHeal', session, oldJob: old, healed }
}

/** A page fails over without waiting for the answer to its kill: the kill may be recorded after the fail-over. */
function isKillOnItsWay(session: SessionRow, old: OldJob, nowMs: number, limits: Limits): boolean {
  return old.epoch === session.epoch - 1 && nowMs - session.epochAtMs <= limits.lostGraceMs
}

function planEnded(session: SessionRow, snapshot: Snapshot): Step[] {
  const names = [session.job, ...session.oldJobs.map((old) => old.job)]
  const left = snapshot.jobs.filter((job) => names.includes(job.name))
  if (left.length === 0) return [{ do: 'settle', session }]
  return left
    .filter((job) => job.state !== 'deleting')
    .map((job): Step => ({ do: 'deleteJob', session, job: job.name, jobUid: job.uid }))
}
