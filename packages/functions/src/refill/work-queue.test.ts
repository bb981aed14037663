import { slotWork } from '@warm-pods/core/state/work.ts'
import { describe, expect, it } from 'vitest'
import { type Seen, WorkQueue } from './work-queue.ts'

const [ONE, TWO, THREE] = [slotWork(1), slotWork(2), slotWork(3)]
/** A row that waits for its pod. */
const STARTING: Seen = {
  outlook: 'moves',
  jobs: ['warm-1'],
  steps: '',
  isSkipped: false,
  needsRoom: false,
  hasNoPod: false,
  isClaimed: false,
  isWatched: true,
  waitMs: undefined,
  problem: undefined,
}
const RESTING: Seen = { ...STARTING, outlook: 'rest', isWatched: false }

/** All rows that are due. */
const ALL = { rows: 10_000, skipped: 10_000, room: 10_000 }

describe(WorkQueue, () => {
  it('makes a row due by a trigger, and not before its time without one', () => {
    const queue = new WorkQueue()
    queue.add(ONE, 100)
    expect(queue.due(100, ALL)).toEqual([ONE])
    queue.note(ONE, STARTING, 100)
    expect(queue.due(1_099, ALL)).toEqual([])
    expect(queue.due(1_100, ALL)).toEqual([ONE])
    queue.add(ONE, 200)
    expect(queue.due(200, ALL)).toEqual([ONE])
  })

  it('makes a row due by a change of its pod, until it names another Job', () => {
    const queue = new WorkQueue()
    queue.note(ONE, STARTING, 0)
    expect(queue.namesJob('warm-1')).toBe(true)
    queue.change('warm-2', 1)
    expect(queue.due(1, ALL)).toEqual([])
    queue.change('warm-1', 1)
    expect(queue.due(1, ALL)).toEqual([ONE])
    expect(queue.note(ONE, { ...STARTING, jobs: ['warm-2'] }, 1)).toEqual(['warm-1'])
    expect([queue.namesJob('warm-1'), queue.namesJob('warm-2')]).toEqual([false, true])
  })

  it('drops a row at rest, and remembers a row that is held', () => {
    const queue = new WorkQueue()
    for (const key of [ONE, TWO]) queue.add(key, 0)
    queue.note(ONE, RESTING, 0)
    expect([queue.size, queue.slots, queue.hasHeld]).toEqual([1, 1, false])
    queue.note(TWO, { ...RESTING, outlook: 'held' }, 0)
    expect([queue.size, queue.slots, queue.hasHeld]).toEqual([0, 1, true])
    queue.note(TWO, RESTING, 0)
    expect([queue.slots, queue.hasHeld]).toEqual([0, false])
  })

  it('reads a row again at once after a new step, and later after the same step', () => {
    const queue = new WorkQueue()
    queue.note(ONE, { ...STARTING, steps: 'retire 1 1' }, 0)
    expect(queue.nextDueMs(1)).toBe(0)
    queue.note(ONE, { ...STARTING, steps: 'retire 1 1' }, 0)
    expect(queue.nextDueMs(1)).toBe(1_000)
    queue.note(ONE, { ...STARTING, steps: 'reserve 1 2' }, 0)
    expect(queue.nextDueMs(1)).toBe(0)
  })

  it('waits for a claim in flight with doubling pauses, and as long as a wait of known length lasts', () => {
    const queue = new WorkQueue()
    const pauses: number[] = []
    for (let pass = 0; pass < 8; pass++) {
      queue.note(ONE, { ...STARTING, isClaimed: true }, 0)
      pauses.push(queue.nextDueMs(1))
    }
    expect(pauses).toEqual([20, 40, 80, 160, 320, 640, 1_000, 1_000])
    queue.note(ONE, { ...STARTING, waitMs: 300 }, 0)
    expect(queue.nextDueMs(1)).toBe(300)
  })

  it('returns the rows in the order of their wait, and skipped rows last', () => {
    const queue = new WorkQueue()
    queue.note(ONE, { ...STARTING, isSkipped: true }, 0)
    queue.add(TWO, 20)
    queue.add(THREE, 10)
    expect(queue.due(30, ALL)).toEqual([THREE, TWO, ONE])
    expect(queue.due(30, { ...ALL, rows: 1, skipped: 1 })).toEqual([THREE, ONE])
    expect(queue.due(30, { ...ALL, rows: 2, skipped: 0 })).toEqual([THREE, TWO])
    queue.add(ONE, 5)
    expect(queue.due(30, { ...ALL, rows: 1, skipped: 0 })).toEqual([ONE])
  })

  it('returns rows that need room only while there is some, and within the skipped rows', () => {
    const queue = new WorkQueue()
    for (const key of [ONE, TWO]) queue.note(key, { ...STARTING, needsRoom: true }, 0)
    queue.note(THREE, { ...STARTING, isSkipped: true }, 0)
    expect(queue.due(0, { ...ALL, room: 1 })).toEqual([THREE, ONE])
    expect(queue.due(0, { ...ALL, skipped: 2 })).toEqual([THREE, ONE])
    expect(queue.due(0, { ...ALL, room: -1 })).toEqual([THREE])
    queue.delete(THREE)
    expect([queue.nextDueMs(1), queue.nextDueMs(0)]).toEqual([0, Number.POSITIVE_INFINITY])
    queue.add(ONE, 7)
    expect([queue.nextDueMs(0), queue.due(7, { ...ALL, room: 0 })]).toEqual([7, [ONE]])
  })

  it('counts the slots whose Jobs have no pod', () => {
    const queue = new WorkQueue()
    for (const key of [ONE, TWO]) queue.note(key, { ...STARTING, hasNoPod: true }, 0)
    queue.note(THREE, STARTING, 0)
    expect([queue.withoutPod(), queue.withoutPod([ONE, THREE])]).toEqual([2, 1])
    queue.note(ONE, STARTING, 1)
    expect(queue.withoutPod()).toBe(1)
  })

  it('causes no more than 100 reads a second for starting rows, however many there are', () => {
    const queue = new WorkQueue()
    for (let slot = 0; slot < 4_000; slot++)
      queue.note(slotWork(slot), { ...STARTING, jobs: [`warm-${slot}`] }, 0)
    queue.note(ONE, STARTING, 0)
    expect(queue.due(30_000, ALL)).toHaveLength(4_000 - 1_000)
    queue.changeAll(1)
    expect(queue.due(1, ALL)).toHaveLength(4_000)
  })

  it('has the problem of a row until the row has none', () => {
    const queue = new WorkQueue()
    queue.note(ONE, { ...STARTING, problem: 'ImagePullBackOff' }, 0)
    queue.note(TWO, { ...STARTING, jobs: ['warm-2'] }, 0)
    expect(queue.problem).toBe('ImagePullBackOff')
    queue.note(ONE, STARTING, 0)
    expect(queue.problem).toBeUndefined()
  })
})
