import { expect, it } from 'vitest'
import { glance } from './pool-readiness.ts'

const since = '2026-01-01T00:00:00.000Z'
const refill = { lastRunAt: since, healthy: true }
const slot = (state: 'empty' | 'starting' | 'warm' | 'claimed', problem?: string) => ({
  slot: 0,
  gen: 1,
  state,
  since,
  ...(problem ? { problem } : {}),
})

it('counts warm pods, and those that a visitor already took', () => {
  const slots = [slot('warm'), slot('claimed'), slot('starting'), slot('empty')]
  expect(glance({ slots, target: 4, refill })).toEqual({ warm: 2, target: 4, seenMs: Date.parse(since) })
})

it('passes on why the pool is not whole: a slot’s problem before refill’s', () => {
  const failing = { ...refill, healthy: false, problem: 'no answer from Kubernetes' }
  expect(glance({ slots: [slot('starting', 'ImagePullBackOff')], target: 4, refill: failing }).problem).toBe(
    'ImagePullBackOff',
  )
  expect(glance({ slots: [], target: 4, refill: failing }).problem).toBe('no answer from Kubernetes')
})
