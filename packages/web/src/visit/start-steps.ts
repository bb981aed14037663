import type { Progress, Session, StepName } from '@warm-pods/core/api/contracts.ts'
import { ROUTING, STEPS } from '../copy/first-paint.ts'

/** A step of a start. The last one is the way through the gateway, which the API reports beside the others. */
export type StartStep = Omit<Progress[number], 'step'> & { readonly step: StepName | 'routed' }

/** All steps of a start, in their order; undefined before the first report. */
export function startSteps({
  progress,
  routed,
}: Pick<Session, 'progress' | 'routed'>): readonly StartStep[] | undefined {
  return progress && routed ? [...progress, { step: 'routed', ...routed }] : progress
}

/** `✓ created · ✓ scheduled · starting container`: ticks only the steps that the cluster has reported. */
export function stepsLine(progress: readonly StartStep[] | undefined): string {
  const steps = progress ?? []
  const done = steps.filter(({ at }) => at !== null).map(({ step }) => `✓ ${textOf(step).done}`)
  const problem = steps.find((step) => step.problem !== undefined)?.problem
  return [...done, stepNow(progress), ...(problem ? [problem] : [])].join(' · ')
}

/** Returns the step that a starting pod is at, in one to three words. */
export function stepNow(progress: readonly StartStep[] | undefined): string {
  if (!progress) return STEPS.created.now
  const pending = progress.find(({ at }) => at === null)
  return pending ? textOf(pending.step).now : ROUTING
}

/** The text of a step. A newer API may report a step that this page does not know; its name stands for it. */
function textOf(step: StartStep['step']): { readonly done: string; readonly now: string } {
  return (
    (STEPS as Partial<Record<string, (typeof STEPS)[StartStep['step']]>>)[step] ?? { done: step, now: step }
  )
}
