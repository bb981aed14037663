import type { HowToRecover } from '@warm-pods/core/api/contracts.ts'
import { LEG_NAMES, RECEIPT, TIMELINES, WHY } from '../copy/chapters.ts'
import { DIED } from '../copy/kills.ts'
import { duration, inMillis } from '../lib/format.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { approximate, precisionOf, type Timeline, type TimelineLeg, type TimelineName } from './timelines.ts'

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

/** Returns the note beside a timeline's name. */
export function timelineNote(timeline: Timeline): string {
  switch (timeline.is) {
    case 'actual':
      return TIMELINES.actual
    case 'measured':
    case 'running':
      return TIMELINES.alternative[timeline.name]
    case 'unknown':
      return TIMELINES.unknown[timeline.why]
    default:
      return timeline satisfies never
  }
}

/**
 * Returns the time so far of a timeline that runs. @param totalMs the legs that are certain. @param sinceMs since the click:
 * the API reports a step only after it happened.
 */
export function runningTotal(totalMs: number, sinceMs: number): string {
  const seconds = (totalMs / 1_000).toFixed(1)
  return sinceMs > totalMs + 1_500 ? TIMELINES.notReported(seconds) : TIMELINES.running(seconds)
}

/** Returns the name of a leg. */
export function legName({ name }: TimelineLeg): string {
  return LEG_NAMES[name]
}

/** Longer than a kubelet needs for a pod that has not changed for two seconds, and a distant visitor's round trip. */
const LATE_MS = 600

/** Returns in one line why a leg took its time. */
export function legWhy(
  { name, ms }: Pick<TimelineLeg, 'name' | 'ms'>,
  { outage }: Pick<Recovery, 'outage'>,
): string {
  const frozen = outage.how === 'freeze'
  switch (name) {
    case 'told':
      if (outage.interrupted && !outage.toldBy) return WHY.interrupted
      if (outage.toldBy === 'terminating') return ms < LATE_MS ? WHY.announced : WHY.announcedLate
      if (outage.cause === 'itself') return WHY.checked
      if (outage.toldBy === 'closed') return frozen ? WHY.frozenClosed : WHY.closed
      return WHY.deadline
    case 'claimed':
      if (outage.unreached) return WHY.claimedLate
      return frozen ? WHY.claimedFrozen : WHY.claimed
    default:
      return WHY[name]
  }
}

/** Prints a median, ms, with the precision of its timeline. @param isReported whether the API reported it. */
export function median(name: TimelineName, ms: number, isReported: boolean): string {
  const unitMs = precisionOf(name)
  if (unitMs !== undefined) return approximate(ms, unitMs)
  return isReported ? `≈ ${duration(ms)}` : duration(ms)
}

/** Returns how many times as long as the recovery a timeline took, with no more digits than its source has. */
export function timesAsLong(name: TimelineName, totalMs: number, recoveryMs: number): string {
  const digits = name === 'heal' ? 1 : 2
  return TIMELINES.times(String(Number((totalMs / Math.max(1, recoveryMs)).toPrecision(digits))))
}

/** Prints the end of an axis, ms: `80 ms`, `6 s`, `1.2 s`. */
export function axisLabel(ms: number): string {
  return inMillis(ms) ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(2))} s`
}
