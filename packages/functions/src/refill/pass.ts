/** The parts of one pass: it executes the steps of a plan, and records how that went. */
import { nextBackoff } from '@warm-pods/core/planner/next-backoff.ts'
import type { Step } from '@warm-pods/core/planner/step.ts'
import { gapsAfter } from '@warm-pods/core/state/observation.ts'
import type { Snapshot } from '@warm-pods/core/state/snapshot.ts'
import { sessionWork, slotWork, type WorkKey } from '@warm-pods/core/state/work.ts'
import { failureOf } from '../kubernetes/errors.ts'
import { limitConcurrency } from '../lib/limit-concurrency.ts'
import { logSecondError, logStep, logStepFailed } from '../lib/log.ts'
import type { Services } from '../services.ts'
import type { PassActivity } from '../store/refill-activity.ts'
import { executeStep, type Result } from './execute-step.ts'
import type { VersionedSnapshot } from './snapshot.ts'

/** More steps at once would only wait for connections, and the lease could not be renewed between them. */
const STEPS_AT_ONCE = 64

/** A step that was executed, and its result. */
export interface Done {
  readonly step: Step
  readonly result: Result
  /** Its duration, ms. */
  readonly ms: number
}

/**
 * Executes steps concurrently. A step that fails is logged, and its result has the problem.
 * @param mayGoOn asked before each step. The rest is left out after false, as when the lease is lost.
 */
export async function executeSteps(
  services: Services,
  steps: readonly Step[],
  seenAtMs: number,
  mayGoOn: () => Promise<boolean>,
): Promise<Done[]> {
  const inTurn = limitConcurrency(STEPS_AT_ONCE)
  const done = await Promise.all(
    steps.map((step) =>
      inTurn(async (): Promise<Done | undefined> => {
        if (!(await mayGoOn())) return undefined
        const beganMs = services.monotonic()
        const result = await resultOf(services, step, seenAtMs)
        return { step, result, ms: services.monotonic() - beganMs }
      }),
    ),
  )
  return done.filter((one) => one !== undefined)
}

/** Executes a step and logs it. An error becomes its result. */
async function resultOf(services: Services, step: Step, seenAtMs: number): Promise<Result> {
  try {
    const result = await executeStep(services, step, seenAtMs)
    logStep(step.do, factsOf(step))
    return result
  } catch (error) {
    const problem = causeOf(error)
    logStepFailed(step.do, problem, error)
    return { ok: false, problem, hasFailedToRetire: step.do === 'retire' }
  }
}

/** Identifies a step by its kind and the version of its row, or by the UID of its object. */
export function stepKey(step: Step): string {
  if ('slot' in step) return `${step.do} ${step.slot.slot} ${step.slot.gen}`
  if (step.do === 'deleteJob') return `${step.do} ${step.jobUid}`
  if ('session' in step) return `${step.do} ${step.session.sessionId} ${step.session.version}`
  return `${step.do} ${step.do === 'deleteOrphanJob' ? step.jobUid : step.podUid}`
}

/** The row that a step belongs to; undefined for a step of an orphan. */
export function workOf(step: Step): WorkKey | undefined {
  if ('slot' in step) return slotWork(step.slot.slot)
  return 'session' in step && step.session ? sessionWork(step.session.sessionId) : undefined
}

/** True for a step of a row that creates or deletes a Job, so that its rate is bounded. */
export function changesJob(step: Step): boolean {
  switch (step.do) {
    case 'reserve':
    case 'createJob':
    case 'retire':
    case 'createSessionJob':
    case 'dropJob':
    case 'deleteJob':
      return true
    default:
      return false
  }
}

/** The facts of a step for the log: its slot, and the request of the session that it is for. */
function factsOf(step: Step): { slot?: number; gen?: number; requestId?: string } {
  const slot = 'slot' in step ? { slot: step.slot.slot, gen: step.slot.gen } : {}
  const claimed = 'slot' in step && step.slot.state === 'CLAIMED' ? step.slot.requestId : undefined
  const requestId = claimed || ('session' in step ? step.session?.requestId : undefined)
  return { ...slot, ...(requestId ? { requestId } : {}) }
}

/** The facts that a pass records besides the results of its steps. */
export interface PassFacts {
  readonly nowMs: number
  /** True when every slot up to the target was warm before the steps. */
  readonly isPoolWarm: boolean
  /** Why a pod does not start or is not reached, for the case that no step has failed. */
  readonly problem: string | undefined
  readonly reading: Pick<PassActivity, 'lease' | 'readMs'>
}

/**
 * Records how a pass went, and sets a back-off after a failure. Errors of DynamoDB pass through.
 * @returns the failed passes in a row.
 */
export async function report(
  services: Services,
  snapshot: VersionedSnapshot,
  done: readonly Done[],
  { isPoolWarm, nowMs, problem, reading }: PassFacts,
): Promise<number> {
  const results = done.map(({ result }) => result)
  const failed = results.filter((result): result is Result & { ok: false } => !result.ok)
  const isOnlyQuota = failed.every(({ quota }) => quota)
  const { failures, backOffUntilMs } = nextBackoff(
    snapshot.refill,
    {
      failed: failed.length === 0 ? 'no' : isOnlyQuota ? 'quota' : 'yes',
      hasWarmed: results.some((result) => result.ok && result.warm),
      isPoolWarm,
    },
    nowMs,
    services.limits,
  )
  const found = failedProblem(failed, snapshot.refill.problem) ?? problem
  const cluster = await services.cluster()
  const { doubts, doubtsCleared } = snapshot.refill
  const hasFailedToRetire = failed.some((result) => result.hasFailedToRetire)
  await services.refill.report(nowMs, {
    whole: snapshot.isPartial
      ? undefined
      : {
          confirmedAtMs: snapshot.readAtMs,
          gaps: gapsAfter(snapshot.refill, snapshot.readAtMs, services.limits),
          doubtsCleared: hasFailedToRetire ? doubtsCleared : doubts,
          live: snapshot.sessions.filter(({ state }) => state !== 'ended').length,
        },
    failures,
    // The cause of earlier failures stays visible until a pass succeeds.
    problem: found ?? (failures > 0 ? snapshot.refill.problem : undefined),
    version: await cluster.version().catch((error: unknown) => {
      logSecondError('read the version', error)
      return snapshot.refill.version
    }),
    clusterState: await cluster.state(),
    activity: {
      ...reading,
      steps: done.map(({ ms, result, step }) => ({ step: step.do, failed: !result.ok, ms })),
      failed: failed.length > 0,
    },
  })
  if (backOffUntilMs !== undefined) await services.refill.backOff(backOffUntilMs)
  return failures
}

/** The problem of an error, as `GET /pool` shows it. */
export function causeOf(error: unknown): string {
  return failureOf(error)?.problem ?? 'Refill has a bug. Its log has the error.'
}

/**
 * The problem of a pass: the first cause, and the second when it differs. A start that failed without a problem of its own is
 * an effect of an earlier failure, if there was one.
 */
function failedProblem(
  failed: readonly (Result & { ok: false })[],
  earlier: string | undefined,
): string | undefined {
  const causes = new Set(failed.filter(({ isEffect }) => !isEffect).map(({ problem }) => problem))
  const [first, second] = causes
  if (first !== undefined) return second === undefined ? first : `${first}. Also: ${second}`
  return failed.length > 0 ? (earlier ?? failed[0]?.problem) : undefined
}

/** Why a pod does not start, in Kubernetes' word. */
export function startProblem({ slots }: Pick<Snapshot, 'slots'>): string | undefined {
  for (const slot of slots) {
    if (slot.state === 'STARTING' && slot.problem) return slot.problem
  }
  return undefined
}

/** Why a visitor would not reach the pod of a warm slot, as far as this pass has checked it. */
export function pathProblem({ pods, slots }: Pick<Snapshot, 'pods' | 'slots'>): string | undefined {
  const warm = new Set(slots.flatMap((slot) => (slot.state === 'WARM' ? [slot.pod.uid] : [])))
  for (const { path, pod } of pods) if (warm.has(pod.uid) && path && 'problem' in path) return path.problem
  return undefined
}
