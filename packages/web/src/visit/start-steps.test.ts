import { expect, it } from 'vitest'
import { startSteps, stepsLine } from './start-steps.ts'

it('ticks only the steps that the cluster has reported', () => {
  const at = '2026-11-23T12:00:00Z'
  expect(
    stepsLine([
      { step: 'created', at },
      { step: 'scheduled', at },
      { step: 'started', at: null, problem: 'ImagePullBackOff' },
      { step: 'ready', at: null },
    ]),
  ).toBe('✓ created · ✓ scheduled · starting container · ImagePullBackOff')
})

it('ends with the way through the gateway, and names the step that fails there', () => {
  const at = '2026-11-23T12:00:00Z'
  const problem = 'Kubernetes reports the pod Ready, but the gateway does not reach it: it answered 504'
  const progress = [{ step: 'ready' as const, at }]
  expect(stepsLine(startSteps({ progress, routed: { at: null, problem } }))).toBe(
    `✓ ready · routing · ${problem}`,
  )
  expect(stepsLine(startSteps({ progress, routed: { at } }))).toBe('✓ ready · ✓ reachable · routing')
  expect(startSteps({ progress })).toEqual(progress)
  expect(startSteps({})).toBeUndefined()
})

it('shows a step of a newer API by its name', () => {
  const progress = JSON.parse('[{"step":"warmed","at":null}]')
  expect(stepsLine(progress)).toBe('warmed')
})
