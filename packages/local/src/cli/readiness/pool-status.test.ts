import { expect, it } from 'vitest'
import { poolStatus } from './pool-status.ts'

const since = '2026-01-01T00:00:00.000Z'
const refill = { lastRunAt: since, healthy: true }
const slot = (state: 'empty' | 'starting' | 'warm' | 'claimed', problem?: string) => ({
  slot: 0,
  gen: 1,
  state,
  since,
  ...(problem ? { problem } : {}),
})

it('counts warm pods and claimed pods', () => {
  const slots = [slot('warm'), slot('claimed'), slot('starting'), slot('empty')]
  expect(poolStatus({ slots, target: 4, refill })).toEqual({ warm: 2, target: 4, seenMs: Date.parse(since) })
})

it('reports a Ready pod that the gateway does not reach', () => {
  const problem = 'Kubernetes reports the pod Ready, but the gateway answered 504'
  const stuck = { ...slot('starting', problem), routed: { at: null, problem } }
  expect(poolStatus({ slots: [slot('starting'), stuck], target: 2, refill })).toMatchObject({
    problem,
    unreached: true,
  })
})

it('reports the problem of a slot before the problem of refill', () => {
  const failing = { ...refill, healthy: false, problem: 'no answer from Kubernetes' }
  expect(
    poolStatus({ slots: [slot('starting', 'ImagePullBackOff')], target: 4, refill: failing }).problem,
  ).toBe('ImagePullBackOff')
  expect(poolStatus({ slots: [], target: 4, refill: failing }).problem).toBe('no answer from Kubernetes')
})
