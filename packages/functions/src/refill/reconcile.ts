import { isWaiting, plan, type Step } from '@warm-pods/core/planner/plan.ts'
import type { Snapshot } from '@warm-pods/core/state/state.ts'
import { logRefillRun, logStep, logStepFailed } from '../lib/log.ts'
import type { Services } from '../services.ts'
import { act, type Result } from './execute-step.ts'
import { takeSnapshot } from './snapshot.ts'

/** A change of a pod wakes the watcher; without one it looks again after this long. */
const LOOK_AGAIN_MS = 1_000
/** Somebody has claimed, killed or gone: the watcher asks for that word this often. */
const ASKED_POLL_MS = 50
/** A claim in flight is a matter of milliseconds: look again soon, and less soon when that shows nothing new. */
const CLAIM_IN_FLIGHT_MS = 20

export interface ReconcileSummary {
  readonly passes: number
  readonly steps: number
  /** True when it left while something was still on its way (another run watches it, or its time was up). */
  readonly waiting: boolean
}

/**
 * One run of refill: look, plan, act, until nothing is left to do. One run at a time has the watch; another says that
 * there is work and leaves it to that one, so that a burst of claims is not met by a burst of runs.
 * @param budgetMs how long it may stay.
 * @throws what it met when it could not look; the watch is free then.
 */
export async function reconcile(services: Services, budgetMs: number): Promise<ReconcileSummary> {
  const startedMs = services.monotonic()
  const runner = services.newId()
  const tally: Tally = { passes: 0, steps: 0, warm: 0 }
  let waiting = true
  try {
    waiting = await keepWatch(services, runner, tally, () => budgetMs - (services.monotonic() - startedMs))
  } finally {
    if (waiting) await services.refill.leave(runner, undefined)
  }
  const { passes, steps, warm } = tally
  logRefillRun({ passes, steps, ms: Math.round(services.monotonic() - startedMs), waiting, warm })
  return { passes, steps, waiting }
}

interface Tally {
  passes: number
  steps: number
  warm: number
}

/** @returns whether something is still on its way; when nothing is, the watch has been given back. */
async function keepWatch(
  services: Services,
  runner: string,
  tally: Tally,
  leftMs: () => number,
): Promise<boolean> {
  let quiet = 0
  let last = ''
  while (leftMs() > 0) {
    const wanted = await services.refill.watch(runner, services.now(), services.limits.refillLeaseMs)
    if (wanted === undefined) return true
    const snapshot = await lookAround(services)
    tally.warm = snapshot.slots.filter((slot) => slot.state === 'WARM').length
    const done = await pass(services, snapshot)
    tally.passes++
    tally.steps += done.length
    const again = JSON.stringify(done)
    const isNew = done.length > 0 && again !== last
    last = again
    quiet = isNew ? 0 : quiet + 1
    // New steps: look again at once. The same as before: they came to nothing, and trying harder will not help.
    if (isNew) continue
    const waiting = isWaiting(snapshot, services.now(), services.limits)
    if (!waiting && done.length === 0 && (await services.refill.leave(runner, wanted))) return false
    await untilChange(services, snapshot, wanted, quiet, leftMs())
  }
  return true
}

/** @throws what the snapshot met, after saying in the pool's own row that refill cannot see. */
async function lookAround(services: Services): ReturnType<typeof takeSnapshot> {
  try {
    return await takeSnapshot(services)
  } catch (error) {
    await services.refill.complain(services.now(), 'Kubernetes or the table did not answer')
    throw error
  }
}

/** Plans and acts once. @returns the steps there were. */
async function pass(services: Services, snapshot: Snapshot): Promise<Step[]> {
  const nowMs = services.now()
  const steps = plan(snapshot, nowMs, { limits: services.limits, spec: services.spec })
  const results = await Promise.all(
    steps.map(async (step): Promise<Result> => {
      try {
        const result = await act(services, step)
        logStep(step.do, 'slot' in step ? { slot: step.slot.slot, gen: step.slot.gen } : {})
        return result
      } catch (error) {
        logStepFailed(step.do, error)
        return { ok: false, problem: 'Kubernetes or the table did not answer' }
      }
    }),
  )
  await report(services, snapshot, results, nowMs)
  return steps
}

/** Failure is a state: it is counted, shown, and answered by waiting longer, not by trying harder. */
async function report(
  services: Services,
  snapshot: Snapshot,
  results: readonly Result[],
  nowMs: number,
): Promise<void> {
  const { limits } = services
  const failed = results.filter((result) => !result.ok)
  const stuck = snapshot.slots.find((slot) => slot.state === 'STARTING' && slot.problem)
  const warmed = results.some((result) => result.ok && result.warm)
  // A start that was under way when another was refused proves nothing: only what began after the pause does.
  const recovered = warmed && snapshot.refill.pausedUntilMs <= nowMs
  // A full quota is no fault that grows: there is room again the moment a session ends, so its pause stays the first.
  const onlyFull = failed.length > 0 && failed.every((result) => !result.ok && result.quota)
  const before = snapshot.refill.failures
  const failures = recovered ? 0 : onlyFull ? Math.max(1, before) : before + (failed.length > 0 ? 1 : 0)
  const backOffMs = Math.min(
    limits.refillBackOffMs * 2 ** Math.max(0, failures - 1),
    limits.refillBackOffMaxMs,
  )
  const problem = failed[0]?.problem ?? (stuck?.state === 'STARTING' ? stuck.problem : undefined)
  const settledPool = snapshot.slots.filter((slot) => slot.state === 'WARM').length >= limits.target
  await services.refill.report(nowMs, {
    live: snapshot.sessions.filter((s) => s.state !== 'ended').length,
    failures: settledPool ? 0 : failures,
    problem: problem ?? (failures > 0 && !settledPool ? snapshot.refill.problem : undefined),
    version: await (await services.cluster()).version(),
  })
  if (failed.length > 0) await services.refill.backOff(nowMs + backOffMs)
}

/** A claim in flight shows in the table only; what starts or dies shows in a pod; everything else is asked for. */
async function untilChange(
  services: Services,
  { slots, resourceVersion }: Awaited<ReturnType<typeof takeSnapshot>>,
  wanted: number,
  quiet: number,
  leftMs: number,
): Promise<void> {
  const lookAgainMs = Math.max(1, Math.min(LOOK_AGAIN_MS, leftMs))
  if (slots.some((slot) => slot.state === 'CLAIMED'))
    return services.sleep(Math.min(lookAgainMs, CLAIM_IN_FLIGHT_MS * 2 ** quiet))
  const cluster = await services.cluster()
  const stop = new AbortController()
  try {
    await Promise.race([
      cluster.nextChange(resourceVersion, lookAgainMs, stop.signal),
      untilAsked(services, wanted, stop.signal),
    ])
  } finally {
    stop.abort()
  }
}

async function untilAsked(services: Services, wanted: number, stop: AbortSignal): Promise<void> {
  do await services.sleep(ASKED_POLL_MS)
  while (!stop.aborted && (await services.refill.wanted()) === wanted)
}
