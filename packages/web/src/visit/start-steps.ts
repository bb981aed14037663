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

/** False for a step of a newer API, which this page does not know. */
export function isKnownStep(step: string): step is StartStep['step'] {
  return Object.hasOwn(STEPS, step)
}

/** The text of a step. The name of an unknown step stands for it. */
function textOf(step: string): { readonly done: string; readonly now: string } {
  return isKnownStep(step) ? STEPS[step] : { done: step, now: step }
}
