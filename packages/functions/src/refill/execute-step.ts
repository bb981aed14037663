import {
  LABELS,
  parseWarmJobName,
  randomSuffix,
  requestAnnotation,
  warmJobName,
} from '@warm-pods/core/identity/names.ts'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { RetireReason, Step } from '@warm-pods/core/planner/step.ts'
import { namesJob } from '@warm-pods/core/state/session.ts'
import type { EmptySlot, StartingSlot } from '@warm-pods/core/state/slot.ts'
import { completeClaim as completedClaim } from '@warm-pods/core/transitions/complete-claim.ts'
import { finalize } from '@warm-pods/core/transitions/end-session.ts'
import {
  confirmWarm,
  emptySlot,
  noteProgress,
  reserveSlot,
  markWarm as warmSlot,
} from '@warm-pods/core/transitions/fill-slot.ts'
import { dropPreviousJob, recordHeal as withHeal } from '@warm-pods/core/transitions/previous-jobs.ts'
import type { Services } from '../services.ts'
import { activate } from '../sessions/activate.ts'
import { auditClaimed, auditPreviousJobHealed } from '../sessions/audit.ts'
import { createSessionJob } from '../sessions/create-session-job.ts'
import { killPod } from '../sessions/kill.ts'
import { closeSession, endSession } from '../sessions/lifecycle.ts'
import { updateSession } from '../sessions/update-session.ts'

/** What a step came to, for the health of the pool. */
export type Result =
  | { readonly ok: true; readonly warm?: boolean }
  | {
      readonly ok: false
      readonly problem: string
      readonly quota?: boolean
      /** True when the step has no cause of its own, so that an earlier problem explains it better. */
      readonly isEffect?: boolean
      /** True when a `retire` step threw, so that the slot may still be WARM without a pod. */
      readonly hasFailedToRetire?: boolean
    }

const OK: Result = { ok: true }

/**
 * Executes one step: the row first, by compare-and-set, then the cluster. An invocation that has been overtaken changes
 * nothing. If it crashes in between, the next plan repairs the state. Errors of DynamoDB and Kubernetes pass
 * through.
 * @param seenAtMs when the reading of the snapshot began that the step was planned on, ms since 1970.
 */
export async function executeStep(services: Services, step: Step, seenAtMs: number): Promise<Result> {
  const { slots, sessions } = services
  switch (step.do) {
    case 'reserve':
      return reserve(services, step.slot)
    case 'createJob':
      return createWarmJob(services, step.slot)
    case 'markWarm':
      return markWarm(services, step)
    case 'noteProgress':
      await slots.move(step.slot, noteProgress(step.slot, step))
      return step.problem ? { ok: false, problem: step.problem } : OK
    case 'confirmWarm':
      await slots.move(step.slot, confirmWarm(step.slot, seenAtMs, step.reachedAtMs))
      return OK
    case 'completeClaim':
      return completeClaim(services, step)
    case 'free':
      return free(services, step)
    case 'retire':
      return retire(services, step)
    case 'createSessionJob':
      return createMissingSessionJob(services, step)
    case 'activate':
      await activate(services, step)
      return OK
    case 'killPod':
      await killPod(services, step.session, step.kill, { name: step.podName, uid: step.podUid })
      return OK
    case 'end':
      // A list that lacks the Job is no proof that it is gone, so the Job itself is read.
      if (step.jobGone && (await (await services.cluster()).getJob(step.session.job))) return OK
      await endSession(services, step.session, step.because)
      return OK
    case 'recordHeal':
      return recordHeal(services, step)
    case 'dropJob':
      return dropJob(services, step)
    case 'deleteJob':
      await (await services.cluster()).deleteJob(step.job, { uid: step.jobUid })
      return OK
    case 'finalize':
      // The Lambda that ended the session may have crashed before it closed it.
      await closeSession(services, step.session)
      await sessions.update(step.session, finalize(step.session))
      return OK
    case 'deleteOrphanJob':
      return deleteOrphanJob(services, step)
    case 'deleteOrphanPod':
      await (await services.cluster()).deletePod(step.pod, step.podUid, services.limits.graceMs)
      return OK
    default:
      return step satisfies never
  }
}

async function reserve(services: Services, slot: EmptySlot): Promise<Result> {
  const job = warmJobName(slot.slot, slot.gen, randomSuffix())
  const starting = reserveSlot(slot, { job, key: newPodKey(), spec: services.spec }, services.now())
  if (!(await services.slots.move(slot, starting))) return OK
  services.askedAt.set(starting.job, services.monotonic())
  return createWarmJob(services, starting)
}

async function createWarmJob(services: Services, slot: StartingSlot): Promise<Result> {
  const cluster = await services.cluster()
  const created = await cluster.createJob({
    name: slot.job,
    key: slot.key,
    labels: {
      [LABELS.pool]: 'warm',
      [LABELS.assigned]: 'false',
      [LABELS.slot]: String(slot.slot),
      [LABELS.gen]: String(slot.gen),
    },
  })
  if (created.result !== 'quota') return OK
  services.askedAt.delete(slot.job)
  await services.slots.move(slot, emptySlot(slot, services.now()))
  return { ok: false, quota: true, problem: 'ResourceQuota: every Job we may run is in use' }
}

async function createMissingSessionJob(
  services: Services,
  { session }: Step & { do: 'createSessionJob' },
): Promise<Result> {
  // A list that lacks the Job is no proof that it is gone, so the Job itself is read.
  if (await (await services.cluster()).getJob(session.job)) return OK
  const created = await createSessionJob(services, session)
  return created === 'quota' ? { ok: false, quota: true, problem: 'ResourceQuota' } : OK
}

async function markWarm(
  services: Services,
  { slot, pod, ...path }: Step & { do: 'markWarm' },
): Promise<Result> {
  const nowMs = services.now()
  const requestedMs = services.askedAt.get(slot.job)
  const startMs = requestedMs === undefined ? undefined : Math.round(services.monotonic() - requestedMs)
  if (!(await services.slots.move(slot, warmSlot(slot, pod, startMs, nowMs, path)))) return OK
  services.askedAt.delete(slot.job)
  if (startMs !== undefined) await services.stats.measure('start', startMs, nowMs)
  return { ok: true, warm: true }
}

async function completeClaim(
  { limits, now, sessions }: Services,
  { slot, session }: Step & { do: 'completeClaim' },
): Promise<Result> {
  const completed = completedClaim(slot, session, now(), limits)
  if (session) await sessions.update(session, completed)
  else await sessions.create(completed)
  return OK
}

/** The claim is mirrored first. Once the slot is empty, the Job's label is what names the session. */
async function free(services: Services, { slot, claimMs }: Step & { do: 'free' }): Promise<Result> {
  const cluster = await services.cluster()
  const labels = {
    [LABELS.assigned]: 'true',
    [LABELS.sessionId]: slot.sessionId,
    [LABELS.epoch]: String(slot.epoch),
  }
  await Promise.all([
    cluster.label(slot.job, slot.pod.name, labels, requestAnnotation(slot.requestId)),
    auditClaimed(services, slot),
  ])
  const freed = await services.slots.move(slot, emptySlot(slot, services.now()))
  if (!freed) return OK
  const counter = slot.epoch === 1 ? 'warm' : 'failovers'
  await services.stats.count(counter, services.now(), claimMs === undefined ? {} : { claimMs })
  return OK
}

async function retire(
  services: Services,
  { slot, because, jobUid, problem }: Step & { do: 'retire' },
): Promise<Result> {
  if (!(await services.slots.move(slot, emptySlot(slot, services.now())))) return OK
  services.askedAt.delete(slot.job)
  await deleteJob(services, slot.job, jobUid)
  if (problem !== undefined) return { ok: false, problem }
  const failure = slot.state === 'STARTING' ? startFailure(because) : undefined
  if (!failure) return OK
  const cause = slot.state === 'STARTING' ? slot.problem : undefined
  return cause
    ? { ok: false, problem: `${failure}: ${cause}` }
    : { ok: false, problem: failure, isEffect: true }
}

/** The failed start of a retired slot, as `GET /pool` shows it; undefined when the pool chose to replace the slot. */
function startFailure(because: RetireReason): string | undefined {
  if (because === 'start_timed_out') return 'A pod did not start in time'
  if (because === 'job_ended') return 'The Job of a starting pod ended'
  return undefined
}

async function recordHeal(
  services: Services,
  { session, previousJob, healed }: Step & { do: 'recordHeal' },
): Promise<Result> {
  const { kill } = previousJob
  const next = withHeal(session, previousJob, healed)
  if (!kill || !next || !(await services.sessions.update(session, next))) return OK
  const nowMs = services.now()
  await Promise.all([
    auditPreviousJobHealed(services, session.sessionId, previousJob, kill.how, healed, nowMs),
    services.stats.measure('heal', healed.healMs, nowMs),
  ])
  return OK
}

async function dropJob(
  services: Services,
  { session, previousJob, jobUid }: Step & { do: 'dropJob' },
): Promise<Result> {
  if (!(await services.sessions.update(session, dropPreviousJob(session, previousJob)))) return OK
  await deleteJob(services, previousJob.job, jobUid)
  return OK
}

/** @param jobUid the UID from the list; without it the Job is read, since the list may lag. */
async function deleteJob(services: Services, job: string, jobUid: string | undefined): Promise<void> {
  const cluster = await services.cluster()
  const uid = jobUid ?? (await cluster.getJob(job))?.uid
  if (uid) await cluster.deleteJob(job, { uid })
}

/**
 * Deletes a Job that no row named in the snapshot. The rows are checked once more by writes, and the Job is deleted only
 * in the version that was judged.
 */
async function deleteOrphanJob(services: Services, step: Step & { do: 'deleteOrphanJob' }): Promise<Result> {
  if (step.sessionId && (await sessionNames(services, step.sessionId, step.job))) return OK
  const warm = parseWarmJobName(step.job)
  if (warm && !(await services.slots.assertNotReferenced(warm.slot, step.job))) return OK
  const cluster = await services.cluster()
  await cluster.deleteJob(step.job, { uid: step.jobUid, resourceVersion: step.resourceVersion })
  return OK
}

/**
 * True when the session names the Job. Otherwise the row's version grows without another change, so that a write under
 * way that would name the Job loses.
 */
async function sessionNames(services: Services, sessionId: string, job: string): Promise<boolean> {
  const session = await services.sessions.get(sessionId)
  if (!session) return false
  const { changed } = await updateSession(services, session, (row) =>
    !row.finalized && namesJob(row, job) ? undefined : row,
  )
  return !changed
}
