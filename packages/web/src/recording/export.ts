import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { DEFINITIONS, EXPORT } from '../copy/export.ts'
import type { Sample } from '../probe/samples.ts'
import { isHolding } from '../visit/state/phase.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import type { Visit } from '../visit/state/visit-state.ts'

/** Returns the samples and recoveries of a visit, with definitions, as an object for a file. */
export function exportOf(visit: Visit, samples: readonly Sample[], simulated: boolean, now: Date): object {
  return {
    what: simulated ? EXPORT.whatSimulated : EXPORT.what,
    simulated,
    format: 1,
    exportedAt: now.toISOString(),
    definitions: DEFINITIONS,
    samples: samples.map((sample) => ({
      seq: sample.seq,
      pod: podOf(visit, sample)?.uid ?? null,
      dueMs: tenth(sample.dueMs),
      sentMs: tenth(sample.sentMs),
      receivedMs: tenth(sample.answeredMs),
      heldMs: sample.heldMs,
      roundTripMs: sample.rttMs === null ? null : Math.round(sample.rttMs * 1_000) / 1_000,
      latenessMs: tenth(sample.latenessMs),
      state: sample.state,
    })),
    kills: visit.recoveries.map(recoveryRecord),
  }
}

interface Tenancy {
  readonly pod: Pod
  readonly epoch: number
  readonly fromMs: number
  readonly toMs: number
}

/**
 * Returns the pod of a sample. A sample has only an epoch, and each session counts epochs from 1. So a pod is named only
 * for the time in which this visit held it.
 */
function podOf(visit: Visit, { pod: epoch, dueMs }: Sample): Pod | undefined {
  return tenancies(visit).find(
    (tenancy) => tenancy.epoch === epoch && dueMs >= tenancy.fromMs && dueMs <= tenancy.toMs,
  )?.pod
}

function tenancies({ phase, recoveries, first }: Visit): Tenancy[] {
  const present = isHolding(phase)
    ? [
        {
          pod: phase.session.pod,
          epoch: phase.session.epoch,
          fromMs: phase.sinceMs - 1_000,
          toMs: Number.POSITIVE_INFINITY,
        },
      ]
    : []
  const past = recoveries.map(({ outage: { of }, pongMs }, i): Tenancy => {
    const before = recoveries[i + 1]
    const claimedMs = first?.sessionId === of.id ? first.atMs : 0
    const fromMs = before?.to.id === of.id ? before.pongMs : claimedMs
    // A ping that is due before the next pod answers belongs to the pod that died.
    return { pod: of.pod, epoch: of.epoch, fromMs: fromMs - 1_000, toMs: pongMs }
  })
  return [...present, ...past]
}

function recoveryRecord({
  epoch,
  outage,
  to,
  legs,
  totalMs,
  downMs,
  lost,
  healMs,
  poolRecoveredMs,
}: Recovery): object {
  const podNames = ({ name, uid, alias, node, zone }: Pod) => ({ name, uid, alias, node, zone })
  return {
    epoch,
    cause: outage.cause,
    how: outage.how ?? null,
    recover: outage.recover,
    toldBy: outage.toldBy ?? null,
    clickedMs: tenth(outage.atMs),
    died: podNames(outage.of.pod),
    tookOver: podNames(to.pod),
    legs: legs.map(({ name, ms }) => ({ name, ms: tenth(ms) })),
    totalMs: tenth(totalMs),
    downMs: tenth(downMs ?? null),
    pingsLost: lost ?? null,
    healMs: healMs ?? null,
    poolWholeMs: tenth(poolRecoveredMs ?? null),
  }
}

function tenth(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10
}
