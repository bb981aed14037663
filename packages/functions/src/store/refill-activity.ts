/**
 * The counts in refill's row for `GET /metrics`: passes, steps and the lease. A pass adds its own in the write of its report, so
 * they need no further call of DynamoDB. Sums instead of histograms keep the row at about 1 KB, which claims read too. The SDK repeats a
 * write whose answer was lost, and the pass then counts twice. No decision depends on these counts, so they have no token (ADR 25).
 */
import type { LEASE_OUTCOMES } from '@warm-pods/core/metrics.ts'
import { STEP_NAMES, type StepName } from '@warm-pods/core/planner/step.ts'
import { recordOf } from '@warm-pods/core/record-of.ts'

/** How an invocation got the lease: it was free, it was the invocation's own, or its former holder had let it expire. */
export type LeaseOutcome = Exclude<(typeof LEASE_OUTCOMES)[number], 'refused'>

/** The lease as one request for it has left it. */
export interface Lease {
  readonly outcome: LeaseOutcome
  /** The count of pending triggers at that moment. */
  readonly triggers: number
}

/** One executed step. */
export interface StepRecord {
  readonly step: StepName
  readonly failed: boolean
  /** Its duration, ms. The steps of a pass are executed concurrently. */
  readonly ms: number
}

/** The work of one pass. */
export interface PassActivity {
  readonly lease: LeaseOutcome
  /** Time in which the pass read the tables and Kubernetes, ms. */
  readonly readMs: number
  /** Empty when the pass could not read. */
  readonly steps: readonly StepRecord[]
  /** True when a step failed, or when the pass could not read. */
  readonly failed: boolean
}

type ByStep = Readonly<Record<StepName, number>>

/** Counts since the first deploy that had them. */
export interface RefillActivity {
  readonly passes: Readonly<Record<'done' | 'failed', number>>
  readonly readMs: number
  /** Executed steps, failed steps included. */
  readonly steps: ByStep
  readonly failedSteps: ByStep
  readonly stepMs: ByStep
  /** `refused`: invocations that found the lease taken. */
  readonly leases: Readonly<Record<(typeof LEASE_OUTCOMES)[number], number>>
  /** When the invocation that the row names as holder asked for the lease first, ms since 1970. Undefined without a holder. */
  readonly heldSinceMs: number | undefined
}

/** Returns what a pass adds to the attributes of refill's row, without zeros. */
export function additionsOf({ failed, lease, readMs, steps }: PassActivity): ReadonlyMap<string, number> {
  const additions = new Map<string, number>()
  const add = (name: string, amount: number) => {
    const total = (additions.get(name) ?? 0) + Math.round(amount)
    if (total > 0) additions.set(name, total)
  }
  add(`passes#${failed ? 'failed' : 'done'}`, 1)
  add('readMs', readMs)
  add(`lease#${lease}`, 1)
  for (const { failed: isFailed, ms, step } of steps) {
    add(`steps#${step}`, 1)
    add(`ms#${step}`, ms)
    if (isFailed) add(`failed#${step}`, 1)
  }
  return additions
}

/** Reads the counts from refill's item. Every count of a missing item is 0. */
export function activityFromItem(item: Readonly<Record<string, unknown>> = {}): RefillActivity {
  const count = (name: string) => Number(item[name] ?? 0)
  const byStep = (prefix: string) => recordOf(STEP_NAMES, (step) => count(`${prefix}#${step}`))
  return {
    passes: { done: count('passes#done'), failed: count('passes#failed') },
    readMs: count('readMs'),
    steps: byStep('steps'),
    failedSteps: byStep('failed'),
    stepMs: byStep('ms'),
    leases: {
      acquired: count('lease#acquired'),
      renewed: count('lease#renewed'),
      taken_over: count('lease#taken_over'),
      refused: count('wanted'),
    },
    heldSinceMs: item.runnerSince === undefined ? undefined : count('runnerSince'),
  }
}
