import { nextBackoff } from '@warm-pods/core/planner/next-backoff.ts'
import { isWaiting, plan } from '@warm-pods/core/planner/plan.ts'
import { slotCountFor } from '@warm-pods/core/planner/plan-slots.ts'
import { nextReplenishMs } from '@warm-pods/core/planner/replenish.ts'
import type { Step } from '@warm-pods/core/planner/step.ts'
import { gapsAfter } from '@warm-pods/core/state/observation.ts'
import type { Snapshot } from '@warm-pods/core/state/snapshot.ts'
import { failureOf } from '../kubernetes/errors.ts'
import { logReconciliation, logSecondError, logStep, logStepFailed } from '../lib/log.ts'
import type { Services } from '../services.ts'
import type { Lease, PassActivity, StepRecord } from '../store/refill-activity.ts'
import { executeStep, type Result } from './execute-step.ts'
import { withPoolSize } from './pool-size.ts'
import { takeSnapshot, type VersionedSnapshot } from './snapshot.ts'

/** A change of a pod ends the wait between two passes. Without a change, the wait ends after this long. */
const MAX_WAIT_MS = 1_000
/** How often the lease holder reads the count of pending triggers while it waits. */
const TRIGGER_POLL_MS = 50
/** First wait while a claim is in flight, which takes milliseconds. It doubles with each pass that changes nothing. */
const CLAIM_IN_FLIGHT_MS = 20

/** What one invocation of refill did. */
export interface ReconcileSummary {
  readonly passes: number
  readonly steps: number
  /** True when changes were still expected: another invocation holds the lease, or the time was up. */
  readonly waiting: boolean
}

/** The counts of one invocation while it reconciles. */
interface Tally {
  passes: number
  steps: number
  warm: number
}

/**
 * Reconciles the pool: reads, plans and executes, until nothing is left to do. Only one invocation holds the lease.
 * Another one counts a pending trigger and returns, so a burst of claims does not cause a burst of reconciliations.
 *
 * With nothing left to do, the lease is released only if no trigger was counted meanwhile. After `budgetMs` or an error it is
 * released at any count. A trigger counted just before that waits for the next invocation.
 * @param budgetMs how long it may take, in milliseconds.
 * @throws the error of DynamoDB or Kubernetes when it could not read. The lease is released first.
 */
export async function reconcile(services: Services, budgetMs: number): Promise<ReconcileSummary> {
  const startedMs = services.monotonic()
  const holder = services.newId()
  const tally: Tally = { passes: 0, steps: 0, warm: 0 }
  let waiting: boolean
  try {
    waiting = await reconcileWithLease(
      services,
      holder,
      tally,
      () => budgetMs - (services.monotonic() - startedMs),
    )
  } catch (error) {
    await services.refill.releaseLease(holder, undefined).catch(logSecond('release the lease'))
    throw error
  }
  if (waiting) await services.refill.releaseLease(holder, undefined)
  const { passes, steps, warm } = tally
  logReconciliation({ passes, steps, ms: Math.round(services.monotonic() - startedMs), waiting, warm })
  return { passes, steps, waiting }
}

/** @returns true when changes are still expected; false when nothing is left to do and the lease is released. */
async function reconcileWithLease(
  stage: Services,
  holder: string,
  tally: Tally,
  leftMs: () => number,
): Promise<boolean> {
  let idlePasses = 0
  let lastKeys = ''
  const sinceMs = stage.now()
  while (leftMs() > 0) {
    const lease = await stage.refill.acquireLease(holder, stage.now(), stage.limits.refillLeaseMs, sinceMs)
    if (!lease) return true
    const { triggers } = lease
    const beganMs = stage.monotonic()
    const snapshot = await readSnapshot(stage, lease, beganMs)
    const reading = { lease: lease.outcome, readMs: stage.monotonic() - beganMs }
    const services = await withPoolSize(stage, snapshot)
    tally.warm = warmSlots(snapshot)
    const steps = await reconcileOnce(services, snapshot, reading)
    tally.passes++
    tally.steps += steps.length
    // A confirmation changes nothing that the next pass could act on.
    const changes = steps.filter((step) => step.do !== 'confirmWarm')
    const keys = changes.map(stepKey).join()
    const isProgress = changes.length > 0 && keys !== lastKeys
    lastKeys = keys
    idlePasses = isProgress ? 0 : idlePasses + 1
    // After new steps the next pass follows at once. Repeated steps had no effect, so an immediate retry would not help.
    if (isProgress) continue
    const waiting = isWaiting(snapshot, services.now(), services.limits)
    const isDone = !waiting && changes.length === 0
    if (isDone && (await services.refill.releaseLease(holder, triggers))) return false
    await waitForChange(services, snapshot, { triggers, idlePasses, leftMs: leftMs() })
  }
  return true
}

/** Identifies a step by its kind and the version of its row, or by the UID of its object. */
function stepKey(step: Step): string {
  if ('slot' in step) return `${step.do} ${step.slot.slot} ${step.slot.gen}`
  if (step.do === 'deleteJob') return `${step.do} ${step.jobUid}`
  if ('session' in step) return `${step.do} ${step.session.sessionId} ${step.session.version}`
  return `${step.do} ${step.do === 'deleteOrphanJob' ? step.jobUid : step.podUid}`
}

/** The facts of a step for the log: its slot, and the request of the session that it is for. */
function factsOf(step: Step): { slot?: number; gen?: number; requestId?: string } {
  const slot = 'slot' in step ? { slot: step.slot.slot, gen: step.slot.gen } : {}
  const claimed = 'slot' in step && step.slot.state === 'CLAIMED' ? step.slot.requestId : undefined
  const requestId = claimed || ('session' in step ? step.session?.requestId : undefined)
  return { ...slot, ...(requestId ? { requestId } : {}) }
}

function warmSlots({ slots }: Snapshot): number {
  return slots.filter(({ state }) => state === 'WARM').length
}

/**
 * @param beganMs when the reading began, monotonic ms.
 * @throws the error of DynamoDB or Kubernetes. The pool's row records first that refill could not read.
 */
async function readSnapshot(
  services: Services,
  { outcome: lease }: Lease,
  beganMs: number,
): Promise<VersionedSnapshot> {
  try {
    return await takeSnapshot(services)
  } catch (error) {
    const clusterState = await services.cluster().then(
      (cluster) => cluster.state(),
      () => undefined,
    )
    const activity = { lease, readMs: services.monotonic() - beganMs, steps: [], failed: true }
    await services.refill
      .recordError(services.now(), problemOf(error), activity, clusterState)
      .catch(logSecond('record the error'))
    throw error
  }
}

/** A second error must not replace the first, which is the cause. */
function logSecond(action: string): (error: unknown) => void {
  return (error) => logSecondError(action, error)
}

/** One pass: plans on the snapshot and executes all steps concurrently. @returns the steps, failed ones included. */
async function reconcileOnce(
  services: Services,
  snapshot: VersionedSnapshot,
  reading: Pick<PassActivity, 'lease' | 'readMs'>,
): Promise<Step[]> {
  const nowMs = services.now()
  const steps = plan(snapshot, nowMs, { limits: services.limits, spec: services.spec })
  await raiseSlotCount(services, snapshot)
  const records: StepRecord[] = []
  const results = await Promise.all(
    steps.map(async (step) => {
      const beganMs = services.monotonic()
      const result = await resultOf(services, step, snapshot)
      records.push({ step: step.do, failed: !result.ok, ms: services.monotonic() - beganMs })
      return result
    }),
  )
  await report(services, snapshot, results, nowMs, { ...reading, steps: records })
  return steps
}

/** Executes a step and logs it. An error becomes its result. */
async function resultOf(services: Services, step: Step, { readAtMs }: VersionedSnapshot): Promise<Result> {
  try {
    const result = await executeStep(services, step, readAtMs)
    logStep(step.do, factsOf(step))
    return result
  } catch (error) {
    const problem = problemOf(error)
    logStepFailed(step.do, problem, error)
    return { ok: false, problem, hasFailedToRetire: step.do === 'retire' }
  }
}

/** A claim must not believe that it has read the whole pool while it misses a slot that this pass reserves. */
async function raiseSlotCount({ limits, refill }: Services, snapshot: VersionedSnapshot): Promise<void> {
  const count = slotCountFor(snapshot.slots, limits.target)
  if (count > (snapshot.refill.slotCount ?? 0)) await refill.raiseSlotCount(count)
}

/** Records how a pass went, and sets a back-off after a failure. */
async function report(
  services: Services,
  snapshot: VersionedSnapshot,
  results: readonly Result[],
  nowMs: number,
  activity: Omit<PassActivity, 'failed'>,
): Promise<void> {
  const failed = results.filter((result): result is Result & { ok: false } => !result.ok)
  const isOnlyQuota = failed.every(({ quota }) => quota)
  const { failures, backOffUntilMs } = nextBackoff(
    snapshot.refill,
    {
      failed: failed.length === 0 ? 'no' : isOnlyQuota ? 'quota' : 'yes',
      hasWarmed: results.some((result) => result.ok && result.warm),
      isPoolWarm: warmSlots(snapshot) >= services.limits.target,
    },
    nowMs,
    services.limits,
  )
  const problem =
    failedProblem(failed, snapshot.refill.problem) ?? startProblem(snapshot) ?? pathProblem(snapshot)
  const cluster = await services.cluster()
  const { doubts, doubtsCleared } = snapshot.refill
  await services.refill.report(nowMs, {
    confirmedAtMs: snapshot.readAtMs,
    gaps: gapsAfter(snapshot.refill, snapshot.readAtMs, services.limits),
    doubtsCleared: failed.some(({ hasFailedToRetire }) => hasFailedToRetire) ? doubtsCleared : doubts,
    live: snapshot.sessions.filter(({ state }) => state !== 'ended').length,
    failures,
    // The cause of earlier failures stays visible until a pass succeeds.
    problem: problem ?? (failures > 0 ? snapshot.refill.problem : undefined),
    version: await cluster.version().catch((error: unknown) => {
      logSecondError('read the version', error)
      return snapshot.refill.version
    }),
    clusterState: await cluster.state(),
    activity: { ...activity, failed: failed.length > 0 },
  })
  if (backOffUntilMs !== undefined) await services.refill.backOff(backOffUntilMs)
}

/** The problem of an error, as `GET /pool` shows it. */
function problemOf(error: unknown): string {
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
function startProblem({ slots }: Snapshot): string | undefined {
  for (const slot of slots) {
    if (slot.state === 'STARTING' && slot.problem) return slot.problem
  }
  return undefined
}

/** Why a visitor would not reach the pod of a warm slot, as far as this pass has checked it. */
function pathProblem({ pods, slots }: Snapshot): string | undefined {
  const warm = new Set(slots.flatMap((slot) => (slot.state === 'WARM' ? [slot.pod.uid] : [])))
  for (const { path, pod } of pods) if (warm.has(pod.uid) && path && 'problem' in path) return path.problem
  return undefined
}

/**
 * Waits for a reason to read again. A claim in flight shows only in the table, so the table is read again soon. Otherwise
 * a pod changes, a handshake ends or is due, a call triggers refill, a replenish delay is over, or the wait ends after {@link MAX_WAIT_MS}.
 */
async function waitForChange(
  services: Services,
  { slots, resourceVersion }: VersionedSnapshot,
  { triggers, idlePasses, leftMs }: { triggers: number; idlePasses: number; leftMs: number },
): Promise<void> {
  const replenishMs = nextReplenishMs(slots, services.now(), services.limits)
  const maxWaitMs = Math.max(1, Math.min(MAX_WAIT_MS, leftMs, replenishMs))
  if (slots.some(({ state }) => state === 'CLAIMED'))
    return services.sleep(Math.min(maxWaitMs, CLAIM_IN_FLIGHT_MS * 2 ** idlePasses))
  const cluster = await services.cluster()
  const stop = new AbortController()
  try {
    await Promise.race([
      cluster.nextChange(resourceVersion, maxWaitMs, stop.signal),
      ...(services.paths?.isWaiting ? [services.paths.change()] : []),
      waitForTrigger(services, triggers, stop.signal),
    ])
  } finally {
    stop.abort()
  }
}

/** Resolves when a call has triggered refill since `triggers` was read, or after `stop`. */
async function waitForTrigger(services: Services, triggers: number, stop: AbortSignal): Promise<void> {
  do {
    await services.sleep(TRIGGER_POLL_MS)
  } while (!stop.aborted && (await services.refill.pendingTriggers()) === triggers)
}
