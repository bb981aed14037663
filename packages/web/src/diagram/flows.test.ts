import type { Pool, PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { BOXES, FLOWS } from '../copy/diagram.ts'
import { after, claimed, dead, kill, LIVE, pong, reach, seen, unopened, waiting } from '../visit/_util.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import { reduce } from '../visit/state/reducer.ts'
import type { VisitEvent } from '../visit/state/visit-event.ts'
import { START } from '../visit/state/visit-state.ts'
import { TALL, WIDE } from './diagram-layout.ts'
import {
  boxesOf,
  type EdgeName,
  FLOW_EDGES,
  type FlowName,
  flowOf,
  refillBegan,
  refillEdges,
  sessionEdges,
} from './flows.ts'

/** Returns the flows that these events caused, in order. */
function flowsOf(...events: VisitEvent[]): FlowName[] {
  let visit = START
  return events.flatMap((event) => {
    const before = visit
    visit = reduce(before, event)
    return flowOf(before, visit, event) ?? []
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

describe(flowOf, () => {
  it.each<[string, VisitEvent[], FlowName[]]>([
    [
      'a warm claim, a polite kill and a fail-over',
      [...LIVE, kill(6_000), dead(6_030), claimed(2, 6_050), pong(6_060)],
      ['claim-warm', 'socket', 'kill-polite', 'told', 'failover', 'socket'],
    ],
    [
      'a freeze: only the page detects it, so the API deletes the pod first',
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
    [
      'a pod that the API does not reach after a cut, and a replacement whose first try fails',
      [
        ...LIVE,
        dead(6_000, 1006),
        unopened(6_010, 1006),
        reach('no_answer', 6_020),
        claimed(2, 6_050),
        unopened(6_060, 1006),
        reach('answers', 6_070),
      ],
      ['claim-warm', 'socket', 'told', 'failover'],
    ],
    ['what changes nothing', [{ type: 'calm' }, pong(1), kill(5), dead(6), claimed(1, 7)], []],
  ])('follows %s', (_, events, names) => expect(flowsOf(...events)).toEqual(names))
})

const reading = (...slots: Partial<PoolSlot>[]): PoolReading => ({
  pool: { slots } as unknown as Pool,
  askedMs: 0,
  silentSinceMs: undefined,
})

describe(sessionEdges, () => {
  it('highlights the socket while the pod answers, and Kubernetes while it heals', () => {
    expect(sessionEdges(after(...LIVE))).toEqual(FLOW_EDGES.socket)
    const healing = after(...LIVE, kill(6_000, 'crash', 'heal'), dead(6_020), starting(2, 6_030))
    expect(sessionEdges(healing)).toEqual(['kubernetes-controller'])
    expect(sessionEdges(START)).toEqual([])
  })

  it('separates the edges of the pool from those of the visitor', () => {
    expect(refillEdges(reading({ state: 'warm' }, { state: 'starting' }))).toEqual(FLOW_EDGES.refill)
    expect(refillEdges(reading({ state: 'warm' }))).toEqual([])
    expect(refillEdges({ pool: undefined, askedMs: 0, silentSinceMs: 1 })).toEqual([])
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
  const edges = Object.keys(WIDE.edges) as EdgeName[]

  it('draws both boxes of each edge and has a text for each flow', () => {
    for (const edge of [...edges, ...Object.values(FLOW_EDGES).flat()]) {
      expect(Object.keys(BOXES)).toEqual(expect.arrayContaining(boxesOf(edge)))
      expect(Object.keys(TALL.edges)).toContain(edge)
    }
    expect(Object.keys(FLOWS)).toEqual(expect.arrayContaining(Object.keys(FLOW_EDGES)))
  })

  it.each([
    ['wide', WIDE],
    ['tall', TALL],
  ])('draws no box over another and none outside, %s', (_, { boxes, box, width, height }) => {
    const places = Object.values(boxes)
    for (const [i, [x, y]] of places.entries()) {
      expect(x + box.width).toBeLessThanOrEqual(width)
      expect(y + box.height).toBeLessThanOrEqual(height)
      for (const [otherX, otherY] of places.slice(i + 1))
        expect(Math.abs(x - otherX) >= box.width || Math.abs(y - otherY) >= box.height).toBe(true)
    }
  })
})
