import type { Receipt, Session } from '@warm-pods/core/api/contracts.ts'
import { CLAIM } from '../copy/chapters.ts'
import { BLANK } from '../lib/format.ts'

/** One line of a claim receipt. */
export type Fact = readonly [name: string, value: string]

/** Returns the sum of the stages, ms. */
export function stagesMs({ stages }: Receipt): number {
  return stages.reduce((sum, { ms }) => sum + ms, 0)
}

/** Returns the facts of a claim receipt besides its stages. */
export function claimFacts({ receipt, epoch, pod }: Session): Fact[] {
  const { facts, outcomes } = CLAIM
  return [
    [facts.outcome, outcomes[receipt.outcome]],
    [facts.candidates, String(receipt.candidates)],
    [facts.tries, String(receipt.tries)],
    [facts.conflicts, String(receipt.conflicts)],
    [facts.epoch, String(epoch)],
    [facts.pod, pod?.name ?? BLANK],
  ]
}

/** Returns the whole receipt as plain text, one line for each fact and stage. */
export function claimText(session: Session): string {
  const { receipt, pod } = session
  return [
    ...claimFacts(session).map(([name, value]) => `${name}: ${value}`),
    ...(pod ? [`UID: ${pod.uid}`] : []),
    ...receipt.stages.map(({ name, ms }) => `${name}: ${stageMs(ms)}`),
    `${CLAIM.facts.total}: ${stageMs(stagesMs(receipt))}`,
  ].join('\n')
}

/** Prints a stage of the API, with two decimals under 10 ms as the API reports them. */
export function stageMs(ms: number): string {
  return `${ms < 9.995 ? ms.toFixed(2) : ms < 99.95 ? ms.toFixed(1) : Math.round(ms)} ms`
}
