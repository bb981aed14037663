import type { EndReason } from '../api/contracts.ts'
import type { Limits } from '../limits.ts'
import { type ClusterView, isReached, type PodView, servingPod } from '../state/cluster-view.ts'
import { type DoneKill, mayStillBeKilled, podToKill, type SentKill } from '../state/kill-state.ts'
import type { Healed, PreviousJob, SessionRow } from '../state/session.ts'
import { ageMs, remainingMs } from '../time.ts'
import type { Step } from './step.ts'

/**
 * The steps for one session: end it when it is over, move it forward while it waits, delete the Jobs that it has left.
 * @param cluster the session's Jobs and pods; others are ignored.
 */
export function planSession(
  session: SessionRow,
  cluster: ClusterView,
  nowMs: number,
  limits: Limits,
): Step[] {
  if (session.finalized) return []
  if (session.state === 'ended') return planEnded(session, cluster)
  const because = endReason(session, cluster, nowMs, limits)
  if (because) return [{ do: 'end', session, because }]
  if (isAbandoned(session, cluster, nowMs, limits))
    return [{ do: 'end', session, because: 'failed', jobGone: true }]
  const forward = planForward(session, cluster, nowMs, limits)
  // At most one write per session and pass. Each write names the version it read, so a second would lose to the first.
  const step =
    forward ??
    session.previousJobs
      .map((previous) => planPreviousJob(session, previous, cluster, nowMs, limits))
      .find(Boolean)
  return step ? [step] : []
}

/** Why the session is over; undefined while it goes on. */
function endReason(
  session: SessionRow,
  cluster: ClusterView,
  nowMs: number,
  limits: Limits,
): EndReason | undefined {
  // Twice the lifetime, so that a visitor loses no pod to a clock that is wrong by minutes.
  const longestMs = 2 * limits.lifetimeMs
  if (remainingMs(session.endsAtMs, nowMs, longestMs) === 0) return 'lifetime'
  if (remainingMs(session.leaseEndsAtMs, nowMs, longestMs) === 0) return 'lease'
  const job = cluster.jobs.find(({ name }) => name === session.job)
  if (job?.state === 'complete') return 'idle'
  if (job?.state === 'failed' || job?.state === 'deleting') return 'failed'
  if (session.state === 'live') {
    const isUnused = session.connectedEpoch < session.epoch && unseenMs(session, nowMs) > limits.socketIdleMs
    return isUnused ? 'unused' : undefined
  }
  const isHealing = session.state === 'recovering'
  const budgetMs = isHealing ? limits.startBudgetMs + limits.healBudgetMs : limits.startBudgetMs
  return ageMs(session.epochAtMs, nowMs) > budgetMs ? 'failed' : undefined
}

/** True when the session's Job is gone and the page has not asked for another pod. A present page asks within seconds. */
function isAbandoned(session: SessionRow, cluster: ClusterView, nowMs: number, limits: Limits): boolean {
  return (
    session.state === 'live' &&
    unseenMs(session, nowMs) > limits.socketIdleMs &&
    !cluster.jobs.some(({ name }) => name === session.job)
  )
}

/** Milliseconds since the page's last request, or since the session got its pod. */
function unseenMs({ seenAtMs, epochAtMs }: SessionRow, nowMs: number): number {
  return Math.min(ageMs(seenAtMs, nowMs), ageMs(epochAtMs, nowMs))
}

/** The step for a session that waits for its Job or its pod, or whose kill has not reached the cluster. */
function planForward(
  session: SessionRow,
  cluster: ClusterView,
  nowMs: number,
  limits: Limits,
): Step | undefined {
  const { kill } = session
  const target = podToKill(session, cluster.pods, nowMs, limits)
  if (kill && target)
    return { do: 'killPod', session, kill, podName: target.pod.name, podUid: target.pod.uid }
  if (session.state === 'live') return undefined
  const isGraceOver = ageMs(session.epochAtMs, nowMs) > limits.lostGraceMs
  if (!cluster.jobs.some(({ name }) => name === session.job))
    return session.state === 'starting' || isGraceOver ? { do: 'createSessionJob', session } : undefined
  const next = servingPod(cluster.pods, session.job, uidNotToGive(session, nowMs, limits))
  // A gateway that is down says nothing about the pod. The page then gets its pod, and connects when the gateway is back.
  if (!next?.ready || !(isReached(next) || next.path?.state === 'gateway_down')) return undefined
  const replaces = session.state === 'recovering' && kill && kill.state !== 'requested' ? kill : undefined
  const healed = replaces && healedIn(replaces, next, cluster.pods)
  return { do: 'activate', session, pod: next.pod, ...(healed ? { healed } : {}) }
}

/**
 * UID of the pod that a waiting session has left, which must not be given to it. A pod that the page lost, but that
 * nothing killed and that is still Ready after the grace, goes back to its session.
 */
export function uidNotToGive(
  { epochAtMs, kill, previousPodUid }: SessionRow,
  nowMs: number,
  limits: Limits,
): string | undefined {
  return ageMs(epochAtMs, nowMs) > limits.lostGraceMs && !kill ? undefined : previousPodUid
}

/** Death of the killed pod to Ready of its replacement. Both times are the cluster's where the cluster reported them. */
function healedIn(kill: SentKill | DoneKill, next: PodView, pods: readonly PodView[]): Healed | undefined {
  if (next.readyAtMs === undefined) return undefined
  const dead = pods.find(({ pod }) => pod.uid === kill.podUid)
  const recordedMs = kill.state === 'done' ? kill.diedAtMs : undefined
  const healMs = Math.max(0, next.readyAtMs - (dead?.diedAtMs ?? recordedMs ?? kill.atMs))
  return { healMs, progress: next.progress, ...(dead?.exit && { exit: dead.exit }) }
}

/** The step for a Job that the session has left: time its healing if its pod was killed, then delete it. */
function planPreviousJob(
  session: SessionRow,
  previous: PreviousJob,
  cluster: ClusterView,
  nowMs: number,
  limits: Limits,
): Step | undefined {
  const { kill } = previous
  const job = cluster.jobs.find(({ name }) => name === previous.job)
  const drop: Step = { do: 'dropJob', session, previousJob: previous, jobUid: job?.uid }
  if (mayStillBeKilled(session, previous, nowMs, limits)) return undefined
  // A kill that was requested before the pod existed leaves no recovery to measure.
  if (!kill || kill.state === 'requested' || job?.state !== 'active') return drop
  if (ageMs(kill.atMs, nowMs) > limits.healBudgetMs) return drop
  const next = servingPod(cluster.pods, previous.job, kill.podUid)
  const healed = next?.ready ? healedIn(kill, next, cluster.pods) : undefined
  if (!healed) return undefined
  const isRecorded = session.heals.some(({ epoch }) => epoch === previous.epoch)
  return isRecorded ? drop : { do: 'recordHeal', session, previousJob: previous, healed }
}

function planEnded(session: SessionRow, cluster: ClusterView): Step[] {
  const names = [session.job, ...session.previousJobs.map(({ job }) => job)]
  const remaining = cluster.jobs.filter(({ name }) => names.includes(name))
  if (remaining.length === 0) return [{ do: 'finalize', session }]
  return remaining
    .filter(({ state }) => state !== 'deleting')
    .map(({ name, uid }): Step => ({ do: 'deleteJob', session, job: name, jobUid: uid }))
}
