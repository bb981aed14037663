import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createAnnouncer, EVERY_MS } from './announcer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('reads out at most one text each 4 s over a scripted minute with two kills', async () => {
  const said: { atMs: number; text: string }[] = []
  const announcer = createAnnouncer((text) => said.push({ atMs: Date.now(), text }))
  const script: [number, string][] = [
    [100, 'Connected to swift-heron after 90 ms.'],
    [8_000, 'Terminated swift-heron politely.'],
    [8_070, 'Connected to calm-otter after 70 ms; 0 pings lost.'],
    [10_000, 'Pool refilled after ≈ 2 s.'],
    [30_000, 'Terminated calm-otter by a freeze.'],
    [31_800, 'Connected to bold-finch after 1.80 s; 7 pings lost.'],
    [33_900, 'Pool refilled after ≈ 4 s.'],
  ]
  for (const [atMs, text] of script) setTimeout(() => announcer.say(text), atMs)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(said.map(({ text }) => text)).toEqual(script.map(([, text]) => text))
  for (const [i, { atMs }] of said.entries())
    expect(atMs - (said[i - 1]?.atMs ?? -EVERY_MS)).toBeGreaterThanOrEqual(EVERY_MS)
})

it('drops the oldest waiting text when more than three wait', async () => {
  const said: string[] = []
  const announcer = createAnnouncer((text) => said.push(text))
  for (const text of ['1', '2', '3', '4', '5']) announcer.say(text)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(said).toEqual(['3', '4', '5'])
})

it('reads out nothing after it was closed', async () => {
  const said: string[] = []
  const announcer = createAnnouncer((text) => said.push(text))
  announcer.say('1')
  announcer.close()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(said).toEqual([])
})
