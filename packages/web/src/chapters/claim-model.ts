import type { Receipt, Session } from '@warm-pods/core/api/contracts.ts'
import { CLAIM } from '../copy/chapters.ts'
import { BLANK } from '../lib/format.ts'
import type { Outage } from '../visit/state/phase.ts'

/** One line of a claim receipt. */
export type Fact = readonly [name: string, value: string]

/**
 * The origin of a session's pod: its last claim, or the Job controller after a claimed pod. Undefined when the last claim
 * found no pod, or when a reload lost the recovery.
 */
export type Origin = 'claim' | 'heal' | undefined

/**
 * Returns the origin of a session's pod. The receipt describes that pod only after a claim.
 * @param outage the outage that this pod ended, if the page knows it.
 */
export function podOrigin({ epoch, source, receipt }: Session, outage: Outage | undefined): Origin {
  if (epoch === 1) return 'claim'
  // The quota refused the fail-over's Job, so the Job before it heals.
  if (receipt.outcome === 'capacity') return undefined
  // A fail-over would have changed the source to `rescued` or `cold`.
  if (source === 'warm') return 'heal'
  if (!outage) return undefined
  // Kubernetes heals only the pod that died. A later replacement comes from a claim.
  return outage.recover === 'heal' && epoch === outage.of.epoch + 1 ? 'heal' : 'claim'
}

/** Returns whether the receipt lacks the time of the session's own write, because the API stores it before that write. */
export function isPartial({ stages }: Receipt): boolean {
  return !stages.some(({ name }) => name === 'record')
}

/** Returns the sum of the stages, ms. */
export function stagesMs({ stages }: Receipt): number {
  return stages.reduce((sum, { ms }) => sum + ms, 0)
}

/** Returns the facts of a claim receipt besides its stages. Only a pod that the claim found has its epoch and name here. */
export function claimFacts({ receipt, epoch, pod }: Session, origin: Origin): Fact[] {
  const { facts, outcomes } = CLAIM
  return [
    // A newer API may report an outcome that this page does not know.
    [facts.outcome, outcomes[receipt.outcome] ?? receipt.outcome],
    [facts.candidates, String(receipt.candidates)],
    [facts.tries, String(receipt.tries)],
    [facts.conflicts, String(receipt.conflicts)],
    ...(origin === 'claim'
      ? ([
          [facts.epoch, String(epoch)],
          [facts.pod, pod?.name ?? BLANK],
        ] as const)
      : []),
  ]
}

/** Returns the whole receipt as plain text, one line for each fact and stage. */
export function claimText(session: Session, origin: Origin): string {
  const { receipt, pod } = session
  return [
    ...claimFacts(session, origin).map(([name, value]) => `${name}: ${value}`),
    ...(pod && origin === 'claim' ? [`UID: ${pod.uid}`] : []),
    ...receipt.stages.map(({ name, ms }) => `${name}: ${stageMs(ms)}`),
    `${totalName(receipt)}: ${stageMs(stagesMs(receipt))}`,
  ].join('\n')
}

/** Returns the name of the sum of the stages. */
export function totalName(receipt: Receipt): string {
  return isPartial(receipt) ? CLAIM.facts.partial : CLAIM.facts.total
}

/** Prints a stage of the API, with two decimals under 10 ms as the API reports them. */
export function stageMs(ms: number): string {
  return `${ms < 9.995 ? ms.toFixed(2) : ms < 99.95 ? ms.toFixed(1) : Math.round(ms)} ms`
}
