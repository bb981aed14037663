import type { Pool, PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { PARTS, PASSES } from '../copy/diagram.ts'
import { after, claimed, dead, kill, LIVE, pong, seen, waiting } from '../visit/_util.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import { reduce, START } from '../visit/state/reducer.ts'
import type { VisitEvent } from '../visit/state/visit-event.ts'
import { TALL, WIDE } from './diagram-layout.ts'
import {
  endsOf,
  type LinkName,
  type PassName,
  passOf,
  refillBegan,
  refilling,
  standing,
  WAYS,
} from './hops.ts'

/** What went through the system over these events, in order. */
function passes(...events: VisitEvent[]): PassName[] {
  let visit = START
  return events.flatMap((event) => {
    const before = visit
    visit = reduce(before, event)
    return passOf(before, visit, event) ?? []
  })
}
const starting = (epoch: number, atMs: number): VisitEvent => ({
  type: 'starting',
  session: waiting(epoch),
  atMs,
})
const cold = (epoch: number, atMs: number): VisitEvent => ({
  type: 'starting',
  session: { ...waiting(epoch), state: 'starting', source: 'cold' },
  atMs,
})

describe(passOf, () => {
  it.each<[string, VisitEvent[], PassName[]]>([
    [
      'a warm claim, a polite kill and a fail-over',
      [...LIVE, kill(6_000), dead(6_030), claimed(2, 6_050), pong(6_060)],
      ['claim-warm', 'socket', 'kill-polite', 'told', 'failover', 'socket'],
    ],
    [
      'a freeze: nobody but the page knows, so the API has the pod deleted first',
      [...LIVE, kill(6_000, 'freeze'), dead(7_600), claimed(2, 7_650)],
      ['claim-warm', 'socket', 'kill-freeze', 'told', 'failover-frozen'],
    ],
    [
      'a cold claim',
      [seen, cold(1, 20), cold(1, 320), claimed(1, 1_500), pong(1_510)],
      ['claim-cold', 'socket'],
    ],
    [
      'a heal',
      [
        ...LIVE,
        kill(6_000, 'crash', 'heal'),
        dead(6_020),
        starting(2, 6_030),
        starting(2, 6_330),
        claimed(2, 17_000),
      ],
      ['claim-warm', 'socket', 'kill-crash', 'told', 'heal', 'healed'],
    ],
    [
      'a fail-over into an empty pool',
      [...LIVE, dead(6_000), cold(2, 6_030), cold(2, 6_330), claimed(2, 7_500)],
      ['claim-warm', 'socket', 'told', 'failover-cold'],
    ],
    ['what changes nothing', [{ type: 'calm' }, pong(1), kill(5), dead(6), claimed(1, 7)], []],
  ])('follows %s', (_, events, names) => expect(passes(...events)).toEqual(names))
})

const reading = (...slots: Partial<PoolSlot>[]): PoolReading => ({
  pool: { slots } as unknown as Pool,
  askedMs: 0,
  silentSinceMs: undefined,
})

describe(standing, () => {
  it('keeps lit what is in use: the socket while it answers, Kubernetes while it heals', () => {
    expect(standing(after(...LIVE))).toEqual(WAYS.socket)
    const healing = after(...LIVE, kill(6_000, 'crash', 'heal'), dead(6_020), starting(2, 6_030))
    expect(standing(healing)).toEqual(['kubernetes-controller'])
    expect(standing(START)).toEqual([])
  })

  it('keeps apart what the pool does for itself', () => {
    expect(refilling(reading({ state: 'warm' }, { state: 'starting' }))).toEqual(WAYS.refill)
    expect(refilling(reading({ state: 'warm' }))).toEqual([])
    expect(refilling({ pool: undefined, askedMs: 0, silentSinceMs: 1 })).toEqual([])
  })
})

describe(refillBegan, () => {
  it.each([
    [reading({ slot: 1, gen: 1, state: 'claimed' }), reading({ slot: 1, gen: 2, state: 'starting' }), true],
    [reading({ slot: 1, gen: 2, state: 'starting' }), reading({ slot: 1, gen: 2, state: 'starting' }), false],
    [reading({ slot: 1, gen: 2, state: 'starting' }), reading({ slot: 1, gen: 2, state: 'warm' }), false],
    [reading({ slot: 1, gen: 1, state: 'claimed' }), reading({ slot: 1, gen: 2, state: 'warm' }), true],
    [reading({ slot: 1, gen: 2, state: 'warm' }), reading({ slot: 1, gen: 2, state: 'claimed' }), false],
    [{ ...reading(), pool: undefined }, reading({ slot: 1, gen: 2, state: 'warm' }), false],
  ])('is seen once, when a slot starts (case %#)', (before, now, began) =>
    expect(refillBegan(before, now)).toBe(began),
  )
})

describe('the diagram', () => {
  const links = Object.keys(WIDE.links) as LinkName[]

  it('has both ends of every link, and says every pass in words', () => {
    for (const link of [...links, ...Object.values(WAYS).flat()]) {
      expect(Object.keys(PARTS)).toEqual(expect.arrayContaining(endsOf(link)))
      expect(Object.keys(TALL.links)).toContain(link)
    }
    expect(Object.keys(PASSES)).toEqual(expect.arrayContaining(Object.keys(WAYS)))
  })

  it.each([
    ['wide', WIDE],
    ['tall', TALL],
  ])('draws no part over another and none outside, %s', (_, { parts, box, width, height }) => {
    const boxes = Object.values(parts)
    for (const [i, [x, y]] of boxes.entries()) {
      expect(x + box.width).toBeLessThanOrEqual(width)
      expect(y + box.height).toBeLessThanOrEqual(height)
      for (const [otherX, otherY] of boxes.slice(i + 1))
        expect(Math.abs(x - otherX) >= box.width || Math.abs(y - otherY) >= box.height).toBe(true)
    }
  })
})
