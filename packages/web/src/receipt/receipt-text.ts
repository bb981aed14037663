import type { HowToRecover } from '@warm-pods/core/api/contracts.ts'
import { CLOCKS, LEG_NAMES, RECEIPT, WHY } from '../copy/chapters.ts'
import { DIED } from '../copy/first-paint.ts'
import { duration } from '../lib/format.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import type { Clock, ClockLeg } from './clocks-model.ts'

/** Returns which pod has the session now, and whether the pool or Kubernetes provided it. */
export function successor(recover: HowToRecover, alias: string): string {
  return recover === 'heal' ? RECEIPT.replacedBy(alias) : RECEIPT.tookOver(alias)
}

/** Returns the receipt's title. */
export function receiptTitle({ outage, to }: Recovery): string {
  const { alias } = outage.of.pod
  const end =
    outage.how === undefined ? RECEIPT.endedItself(alias) : RECEIPT.terminated(alias, DIED[outage.how])
  return `${end}, ${successor(outage.recover, to.pod.alias)}`
}

/** Returns the note beside a clock's name. */
export function clockTells(clock: Clock): string {
  switch (clock.is) {
    case 'lived':
      return CLOCKS.lived
    case 'measured':
    case 'running':
      return CLOCKS.spared[clock.name]
    case 'unknown':
      return CLOCKS.unknown[clock.why]
    default:
      return clock satisfies never
  }
}

/**
 * Returns the time so far of a clock that runs. @param totalMs the legs that are certain. @param sinceMs since the click:
 * the API reports a step only after it happened.
 */
export function runningTotal(totalMs: number, sinceMs: number): string {
  const seconds = (totalMs / 1_000).toFixed(1)
  return sinceMs > totalMs + 1_500 ? CLOCKS.notReported(seconds) : CLOCKS.running(seconds)
}

/** Returns the name of a leg. */
export function legName({ name }: ClockLeg): string {
  return LEG_NAMES[name]
}

/** Returns in one line why a leg took its time. */
export function legWhy({ name }: Pick<ClockLeg, 'name'>, { outage }: Pick<Recovery, 'outage'>): string {
  const frozen = outage.how === 'freeze'
  switch (name) {
    case 'told':
      if (outage.toldBy === 'terminating') return WHY.announced
      if (outage.toldBy === 'closed') return frozen ? WHY.frozenClosed : WHY.closed
      return WHY.deadline
    case 'claimed':
      if (outage.unreached) return WHY.claimedLate
      return frozen ? WHY.claimedFrozen : WHY.claimed
    default:
      return WHY[name]
  }
}

/** Prints a median, ms. @param approximate whether the cluster's clock timed it. */
export function median(ms: number, approximate: boolean): string {
  return `${approximate ? '≈ ' : ''}${duration(ms)}`
}
