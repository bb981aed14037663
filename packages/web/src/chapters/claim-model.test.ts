import { expect, it } from 'vitest'
import { stageMs } from './claim-model.ts'

it('prints stages as finely as they are timed', () =>
  expect([0.04, 4.79, 14.3, 120.4].map(stageMs)).toEqual(['0.04 ms', '4.79 ms', '14.3 ms', '120 ms']))
