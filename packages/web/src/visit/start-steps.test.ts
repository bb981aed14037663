import { expect, it } from 'vitest'
import { stepsLine } from './start-steps.ts'

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
