import { LABELS, parseWarmJobName, randomSuffix, warmJobName } from '@warm-pods/core/identity/names.ts'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { Step } from '@warm-pods/core/planner/plan.ts'
import type { EmptySlot, SessionRow, Slot, StartingSlot } from '@warm-pods/core/state/state.ts'
import type { Services } from '../services.ts'
import { activate } from '../sessions/activate.ts'
import { createSessionJob } from '../sessions/create-session-job.ts'
import { killPod } from '../sessions/kill.ts'
import { closeAccount, endSession } from '../sessions/lifecycle.ts'
import { updateSession } from '../sessions/update-session.ts'
import { finishClaim } from './complete-claim.ts'

/** What a step came to, as far as the pool's health is concerned. */
export type Result = { ok: true; warm?: boolean } | { ok: false; problem: string; quota?: boolean }

const OK: Result = { ok: true }

/**
 * Does one step. The row is changed by compare-and-set first, the cluster is asked after: a run that has been overtaken
 * does nothing, and one that dies in between leaves something the next plan can see.
 */
export async function act(services: Services, step: Step): Promise<Result> {
  const { slots, sessions } = services
  switch (step.do) {
    case 'reserve':
      return reserve(services, step.slot)
    case 'createJob':
      return createWarmJob(services, step.slot)
    case 'markWarm':
      return markWarm(services, step)
    case 'noteProgress': {
      const { problem: _old, ...slot } = step.slot
      await slots.move(step.slot, {
        ...slot,
        progress: step.progress,
        ...(step.problem ? { problem: step.problem } : {}),
      })
      return step.problem ? { ok: false, problem: step.problem } : OK
    }
    case 'confirmWarm':
      await slots.move(step.slot, { ...step.slot, checkedAtMs: services.now() })
      return OK
    case 'finishClaim':
      await finishClaim(services, step.slot, step.session)
      return OK
    case 'free':
      return free(services, step)
    case 'retire':
      return retire(services, step)
    case 'createSessionJob': {
      const cluster = await services.cluster()
      // A list that lacks it is not proof: the object itself is asked for.
      if (await cluster.getJob(step.session.job)) return OK
      const made = await createSessionJob(services, step.session)
      return made === 'quota' ? { ok: false, quota: true, problem: 'ResourceQuota' } : OK
    }
    case 'activate':
      await activate(services, step)
      return OK
    case 'killPod':
      await killPod(services, step.session, step.kill, { name: step.podName, uid: step.podUid })
      return OK
    case 'end':
      if (step.jobGone && (await (await services.cluster()).getJob(step.session.job))) return OK
      await endSession(services, step.session, step.because)
      return OK
    case 'recordHeal':
      return recordHeal(services, step)
    case 'dropJob':
      return dropJob(services, step)
    case 'deleteJob': {
      const cluster = await services.cluster()
      await cluster.deleteJob(step.job, { uid: step.jobUid })
      return OK
    }
    case 'settle':
      // Whoever ended it may have died right after.
      await closeAccount(services, step.session)
      await sessions.update(step.session, { ...step.session, settled: true })
      return OK
    case 'sweepJob':
      return sweepJob(services, step)
    case 'sweepPod': {
      const cluster = await services.cluster()
      await cluster.deletePod(step.pod, step.podUid, services.limits.graceMs)
      return OK
    }
    default:
      return step satisfies never
  }
}

async function reserve(services: Services, slot: EmptySlot): Promise<Result> {
  const starting: StartingSlot = {
    slot: slot.slot,
    gen: slot.gen,
    state: 'STARTING',
    sinceMs: services.now(),
    job: warmJobName(slot.slot, slot.gen, randomSuffix()),
    key: newPodKey(),
    spec: services.spec,
  }
  if (!(await services.slots.move(slot, starting))) return OK
  services.askedAt.set(starting.job, services.monotonic())
  return createWarmJob(services, starting)
}

async function createWarmJob(services: Services, slot: StartingSlot): Promise<Result> {
  const cluster = await services.cluster()
  const made = await cluster.createJob({
    name: slot.job,
    key: slot.key,
    labels: {
      [LABELS.pool]: 'warm',
      [LABELS.assigned]: 'false',
      [LABELS.slot]: String(slot.slot),
      [LABELS.gen]: String(slot.gen),
    },
  })
  if (made.result !== 'quota') return OK
  services.askedAt.delete(slot.job)
  await services.slots.move(slot, emptied(services, slot))
  return { ok: false, quota: true, problem: 'ResourceQuota: every Job we may run is in use' }
}

async function markWarm(services: Services, { slot, pod }: Step & { do: 'markWarm' }): Promise<Result> {
  const { progress: _progress, problem: _problem, ...rest } = slot
  const nowMs = services.now()
  const asked = services.askedAt.get(slot.job)
  const startMs = asked === undefined ? undefined : Math.round(services.monotonic() - asked)
  const warm = {
    ...rest,
    state: 'WARM' as const,
    sinceMs: nowMs,
    pod,
    checkedAtMs: nowMs,
    ...(startMs === undefined ? {} : { startMs }),
  }
  if (!(await services.slots.move(slot, warm))) return OK
  services.askedAt.delete(slot.job)
  if (startMs !== undefined) await services.stats.measure('start', startMs, nowMs)
  return { ok: true, warm: true }
}

/** Mirrored before it is freed: from then on the Job says whose it is, even to a reader whose index lags. */
async function free(services: Services, { slot }: Step & { do: 'free' }): Promise<Result> {
  const cluster = await services.cluster()
  const labels = {
    [LABELS.assigned]: 'true',
    [LABELS.sessionId]: slot.sessionId,
    [LABELS.epoch]: String(slot.epoch),
  }
  const isFirst = slot.epoch === 1
  const facts = {
    epoch: slot.epoch,
    source: isFirst ? 'warm' : 'rescued',
    slot: slot.slot,
    gen: slot.gen,
    job: slot.job,
    pod: slot.pod.name,
  }
  await Promise.all([
    cluster.label(slot.job, slot.pod.name, labels),
    services.sessions.record(slot.sessionId, 'claimed', slot.claimedAtMs, facts),
  ])
  const freed = await services.slots.move(slot, emptied(services, slot))
  if (freed) await services.stats.count(isFirst ? 'warm' : 'failovers', services.now())
  return OK
}

async function retire(
  services: Services,
  { slot, because, jobUid }: Step & { do: 'retire' },
): Promise<Result> {
  if (!(await services.slots.move(slot, emptied(services, slot)))) return OK
  services.askedAt.delete(slot.job)
  const cluster = await services.cluster()
  const uid = jobUid ?? (await cluster.getJob(slot.job))?.uid
  if (uid) await cluster.deleteJob(slot.job, { uid })
  const failed =
    because === 'did not start in time' || (slot.state === 'STARTING' && because === 'its Job ended')
  const reason = slot.state === 'STARTING' && slot.problem ? `: ${slot.problem}` : ''
  return failed ? { ok: false, problem: `A pod ${because}${reason}` } : OK
}

function emptied(services: Services, slot: Slot): EmptySlot {
  return { slot: slot.slot, gen: slot.gen + 1, state: 'EMPTY', sinceMs: services.now() }
}

async function recordHeal(
  services: Services,
  { session, oldJob, healed }: Step & { do: 'recordHeal' },
): Promise<Result> {
  const { kill } = oldJob
  if (!kill) return OK
  const heal = { epoch: oldJob.epoch, how: kill.how, ...healed }
  const written = await services.sessions.update(session, { ...session, heals: [...session.heals, heal] })
  if (!written) return OK
  const nowMs = services.now()
  await Promise.all([
    services.sessions.record(session.sessionId, 'healed', nowMs, {
      epoch: heal.epoch,
      how: heal.how,
      healMs: heal.healMs,
      job: oldJob.job,
      keptFor: 'comparison',
    }),
    services.stats.measure('heal', healed.healMs, nowMs),
  ])
  return OK
}

async function dropJob(
  services: Services,
  { session, oldJob, jobUid }: Step & { do: 'dropJob' },
): Promise<Result> {
  const oldJobs = session.oldJobs.filter((old) => old.job !== oldJob.job)
  if (!(await services.sessions.update(session, { ...session, oldJobs }))) return OK
  const cluster = await services.cluster()
  const uid = jobUid ?? (await cluster.getJob(oldJob.job))?.uid
  if (uid) await cluster.deleteJob(oldJob.job, { uid })
  return OK
}

/** A Job without a row: the rows are asked once more, now, before it goes, and only as it was when it was judged. */
async function sweepJob(services: Services, step: Step & { do: 'sweepJob' }): Promise<Result> {
  if (step.sessionId) {
    const session = await services.sessions.get(step.sessionId)
    // The row moves on by a version without a change, so that a write under way which would name this Job loses.
    const asked =
      session &&
      (await updateSession(services, session, (now) => (names(now, step.job) ? undefined : { ...now })))
    if (asked && names(asked, step.job)) return OK
  }
  const warm = parseWarmJobName(step.job)
  if (
    warm &&
    (await services.slots.readOne(warm.slot)) &&
    !(await services.slots.disown(warm.slot, step.job))
  )
    return OK
  const cluster = await services.cluster()
  await cluster.deleteJob(step.job, { uid: step.jobUid, resourceVersion: step.resourceVersion })
  return OK
}

function names(session: SessionRow, job: string): boolean {
  return !session.settled && (session.job === job || session.oldJobs.some((old) => old.job === job))
}
