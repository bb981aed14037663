import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Answer } from './api.ts'
import { createPoolPoller } from './pool-poller.ts'

const poolOf = (live: number) => ({ live }) as Pool // of a pool the poller only hands on
let asked: ((answer: Answer<Pool>) => void)[] = []
const api = { pool: () => new Promise<Answer<Pool>>((resolve) => asked.push(resolve)) }
const start = () => createPoolPoller(api, () => Date.now())

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
})
afterEach(() => {
  vi.useRealTimers()
})

describe(createPoolPoller, () => {
  it('polls each 2 s while the page is visible, and never while it is hidden', async () => {
    const poller = start()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toHaveLength(0)
    poller.setVisible(true)
    await vi.advanceTimersByTimeAsync(3_999)
    expect(asked).toHaveLength(2)
    poller.setVisible(false)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(2)
    poller.setVisible(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(asked).toHaveLength(3)
    poller.setVisible(false)
  })

  it('polls each 500 ms for 20 s after a kill', async () => {
    const poller = start()
    poller.setVisible(true)
    await vi.advanceTimersByTimeAsync(1_000)
    poller.hurry()
    await vi.advanceTimersByTimeAsync(20_000)
    const hurried = asked.length
    expect(hurried).toBe(1 + 40)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(asked.length - hurried).toBe(10)
    poller.setVisible(false)
  })

  it('polls a silent API each 5 s, even in a hurry, and faster again when it answers', async () => {
    const poller = start()
    poller.setVisible(true)
    await vi.advanceTimersByTimeAsync(0)
    asked[0]?.({ is: 'unreachable' })
    await vi.advanceTimersByTimeAsync(2_000)
    poller.hurry()
    await vi.advanceTimersByTimeAsync(4_999)
    expect(asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toHaveLength(3)
    asked[2]?.({ is: 'ok', value: poolOf(1) })
    await vi.advanceTimersByTimeAsync(5_000)
    const answered = asked.length
    await vi.advanceTimersByTimeAsync(2_000)
    expect(asked.length).toBeGreaterThan(answered + 2)
    poller.setVisible(false)
  })

  it('drops an answer that arrives after a later one', async () => {
    const poller = start()
    poller.setVisible(true)
    await vi.advanceTimersByTimeAsync(2_000)
    asked[1]?.({ is: 'ok', value: poolOf(2) })
    await vi.advanceTimersByTimeAsync(0)
    asked[0]?.({ is: 'ok', value: poolOf(1) })
    await vi.advanceTimersByTimeAsync(0)
    expect(poller.snapshot().pool?.live).toBe(2)
    poller.setVisible(false)
  })

  it('keeps the last pool while the API is silent, with the time since when', async () => {
    const poller = start()
    poller.setVisible(true)
    await vi.advanceTimersByTimeAsync(0)
    asked[0]?.({ is: 'ok', value: poolOf(3) })
    await vi.advanceTimersByTimeAsync(2_000)
    const silentSinceMs = Date.now()
    asked[1]?.({ is: 'unreachable' })
    await vi.advanceTimersByTimeAsync(2_000)
    asked[2]?.({ is: 'unreachable' })
    await vi.advanceTimersByTimeAsync(0)
    expect(poller.snapshot()).toMatchObject({ pool: { live: 3 }, silentSinceMs })
    poller.setVisible(false)
  })
})
