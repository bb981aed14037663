import type { Receipt } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { CLAIM } from '../copy/chapters.ts'
import { held } from '../visit/_util.ts'
import type { Outage } from '../visit/state/phase.ts'
import { claimFacts, claimText, podOrigin, stageMs } from './claim-model.ts'

it('prints stages as finely as they are timed', () =>
  expect([0.04, 4.79, 14.3, 120.4].map(stageMs)).toEqual(['0.04 ms', '4.79 ms', '14.3 ms', '120 ms']))

const receiptOf = (outcome: Receipt['outcome'], ...names: string[]): Receipt => ({
  outcome,
  stages: names.map((name) => ({ name, ms: 5 })),
  candidates: 4,
  tries: 1,
  conflicts: 0,
})

const outageOf = (epoch: number, recover: Outage['recover']): Outage => ({
  cause: 'click',
  how: 'crash',
  recover,
  of: held(epoch),
  atMs: 0,
})

describe(claimText, () => {
  it('labels a sum without the session’s own write as partial', () => {
    const text = (...names: string[]) => claimText(held(1, { receipt: receiptOf('warm', ...names) }), 'claim')
    expect(text('read', 'take', 'record')).toContain('In all: 15.0 ms')
    expect(text('read', 'take')).toContain('Up to the write: 10.0 ms')
    expect(text('read', 'take')).not.toContain('In all')
  })

  it('names the pod after a claim, and no pod after a heal', () => {
    expect(claimText(held(1), 'claim')).toContain('UID: uid-1')
    for (const origin of ['heal', undefined] as const) {
      const text = claimText(held(2), origin)
      expect(text).not.toMatch(/warm-0-2|uid-2/)
      expect(claimFacts(held(2), origin).map(([name]) => name)).not.toContain(CLAIM.facts.epoch)
    }
  })
})

describe(podOrigin, () => {
  const rescued = (epoch: number) => held(epoch, { source: 'rescued' })

  it('is the claim for the first pod and after a fail-over', () => {
    expect(podOrigin(held(1), undefined)).toBe('claim')
    expect(podOrigin(rescued(2), outageOf(1, 'failover'))).toBe('claim')
  })

  it('is the heal that the page saw', () => expect(podOrigin(rescued(3), outageOf(2, 'heal'))).toBe('heal'))

  it('is the claim when the healed pod did not answer and was replaced', () =>
    expect(podOrigin(rescued(3), outageOf(1, 'heal'))).toBe('claim'))

  it('is the heal after a reload where the source proves it, and otherwise unknown', () => {
    expect(podOrigin(held(2), undefined)).toBe('heal')
    expect(podOrigin(rescued(2), undefined)).toBeUndefined()
  })

  it('is undefined when the quota refused the pod of the last claim', () => {
    const refused = held(2, { receipt: receiptOf('capacity') })
    expect(podOrigin(refused, outageOf(1, 'failover'))).toBeUndefined()
  })
})
