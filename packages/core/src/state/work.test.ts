import { describe, expect, it } from 'vitest'
import { eventOf, sessionIn, sessionWork, slotIn, slotWork, workIn } from './work.ts'

const SESSION = 'a1B2_-c3'

describe(workIn, () => {
  it('returns the work of an event', () => {
    const work = [slotWork(3_999), sessionWork(SESSION)]
    const event = JSON.parse(JSON.stringify(eventOf(work)))
    expect(workIn(event)).toEqual(work)
    expect(workIn(event)).not.toBe('all')
    expect(workIn(eventOf('all'))).toBe('all')
  })

  it.each([
    undefined,
    null,
    'work',
    {},
    { work: [] },
    { work: 'slot#1' },
    { work: [1] },
    { work: ['slot#'] },
    { work: ['slot#-1'] },
    { work: ['slot#1.5'] },
    { work: ['slot#123456'] },
    { work: ['slot#1', 'all'] },
    { work: ['session#'] },
    { work: ['session#a b'] },
    { work: Array.from({ length: 201 }, (_, slot) => `slot#${slot}`) },
    { 'detail-type': 'Scheduled Event', source: 'aws.events' },
  ])('returns all for an event without valid work: %j', (event) => {
    expect(workIn(event)).toBe('all')
  })
})

it('a key names its slot or its session', () => {
  expect([slotIn(slotWork(12)), sessionIn(slotWork(12))]).toEqual([12, undefined])
  expect([slotIn(sessionWork(SESSION)), sessionIn(sessionWork(SESSION))]).toEqual([undefined, SESSION])
})
