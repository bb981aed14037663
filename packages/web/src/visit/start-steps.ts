import type { Progress } from '@warm-pods/core/api/contracts.ts'
import { ROUTING, STEPS } from '../copy/first-paint.ts'

/** `✓ created · ✓ scheduled · starting container`: ticks only the steps that the cluster has reported. */
export function stepsLine(progress: Progress | undefined): string {
  const steps = progress ?? []
  const done = steps.filter(({ at }) => at !== null).map(({ step }) => `✓ ${STEPS[step].done}`)
  const problem = steps.find((step) => step.problem !== undefined)?.problem
  return [...done, stepNow(progress), ...(problem ? [problem] : [])].join(' · ')
}

/** Returns the step that a starting pod is at, in one to three words. */
export function stepNow(progress: Progress | undefined): string {
  if (!progress) return STEPS.created.now
  const pending = progress.find(({ at }) => at === null)
  return pending ? STEPS[pending.step].now : ROUTING
}
