import type { PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { slotIcon } from './pool-model.ts'
import { countsOf, slotLabel, stateWord } from './slot-grid-model.ts'

const slot = (number: number, state: string, alias?: string) =>
  ({ slot: number, state, ...(alias && { alias }) }) as PoolSlot // as much of it as is read

describe('the slots of a large pool', () => {
  it('are counted by state, in the order of a slot\u2019s life, without empty groups', () => {
    const slots = [slot(0, 'starting'), slot(1, 'warm'), slot(2, 'claimed'), slot(3, 'warm')]
    expect(countsOf(slots)).toEqual([
      { state: 'warm', count: 2 },
      { state: 'claimed', count: 1 },
      { state: 'starting', count: 1 },
    ])
  })

  it('keep a state that only a newer API knows', () => {
    const [{ state } = { state: undefined }] = countsOf([slot(0, 'draining')])
    expect(state).toBe('draining')
    expect(state && [stateWord(state), slotIcon({ state }, false)]).toEqual(['draining', 'starting'])
  })

  it('have a label each, which says when the reading is old', () => {
    expect(slotLabel(slot(16, 'warm', 'calm-otter'), 400, false)).toBe('Slot 17 of 400: warm, calm-otter')
    expect(slotLabel(slot(0, 'claimed'), 400, true)).toBe('Slot 1 of 400: was in use')
    expect(slotIcon({ state: 'warm' }, true)).toBe('starting')
  })
})
