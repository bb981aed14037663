import { isWaiting, plan, type Step } from '@warm-pods/core/plan.ts'
import type { Snapshot } from '@warm-pods/core/pool.ts'
import { logRefillRun, logStep, logStepFailed } from './events.ts'
import { act, type Result } from './refill-act.ts'
import { takeSnapshot } from './refill-snapshot.ts'
import type { Services } from './services.ts'

/** A change of a pod wakes the watcher; without one it looks again after this long. */
const LOOK_AGAIN_MS = 1_000
/** A claim in flight is a matter of milliseconds: look again soon. */
const CLAIM_IN_FLIGHT_MS = 20

export interface RunSummary {
  readonly passes: number
  readonly steps: number
  /** True when it left while something was still on its way (another run watches it, or its time was up). */
  readonly waiting: boolean
}

/**
 * One run of refill: look, plan, act, until nothing is left to do. One run at a time keeps the watch over what starts
 * and heals; one that finds the watch taken does the work at hand and leaves the waiting to the other.
 * @param budgetMs how long it may stay.
 */
export async function runRefill(services: Services, budgetMs: number): Promise<RunSummary> {
  const startedMs = services.monotonic()
  const runner = services.newId()
  const leftMs = (): number => budgetMs - (services.monotonic() - startedMs)
  let passes = 0
  let steps = 0
  let waiting = true
  let warm = 0
  let last = ''
  while (leftMs() > 0) {
    const wanted = await services.refill.watch(runner, services.now(), services.limits.refillLeaseMs)
    const snapshot = await lookAround(services)
    warm = snapshot.slots.filter((slot) => slot.state === 'WARM').length
    const done = await pass(services, snapshot)
    passes++
    steps += done.length
    const again = JSON.stringify(done)
    // New steps: look again at once. The same as before: they came to nothing, and trying harder will not help.
    if (done.length > 0 && again !== last) {
      last = again
      continue
    }
    last = again
    waiting = isWaiting(snapshot, services.now(), services.limits)
    const inFlight = snapshot.slots.some((slot) => slot.state === 'CLAIMED')
    if (
      !waiting &&
      done.length === 0 &&
      (wanted === undefined || (await services.refill.leave(runner, wanted)))
    )
      break
    if (wanted === undefined && !inFlight) break
    await untilChange(services, snapshot.resourceVersion, inFlight, leftMs())
  }
  if (waiting) await services.refill.leave(runner, undefined)
  logRefillRun({ passes, steps, ms: Math.round(services.monotonic() - startedMs), waiting, warm })
  return { passes, steps, waiting }
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

/** A claim in flight shows in the table only; everything else that is awaited shows in a pod. */
async function untilChange(
  services: Services,
  resourceVersion: string,
  inFlight: boolean,
  leftMs: number,
): Promise<void> {
  if (inFlight) return services.sleep(CLAIM_IN_FLIGHT_MS)
  const cluster = await services.cluster()
  await cluster.nextChange(resourceVersion, Math.max(1, Math.min(LOOK_AGAIN_MS, leftMs)))
}
