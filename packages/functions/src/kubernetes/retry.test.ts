import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { retryTransientWith } from './retry.ts'

const NOW_MS = Date.parse('2026-11-28T12:00:00Z')

/** An error as the Kubernetes client throws it for a response that is no success. */
function refusal(code: number, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(`HTTP-Code: ${code}`), { code, body: '{"kind":"Status"}', headers })
}

/** A call that fails with these errors in turn and then succeeds, and the pauses between its tries. */
function callOf(errors: readonly unknown[], random = 0) {
  let nowMs = 0
  let tries = 0
  const pauses: number[] = []
  const retryTransient = retryTransientWith(
    {
      monotonic: () => nowMs,
      now: () => NOW_MS + nowMs,
      random: () => random,
      sleep: async (ms) => {
        pauses.push(ms)
        nowMs += ms
      },
    },
    LIMITS,
  )
  const result = retryTransient(async () => {
    const error = errors[tries++]
    if (error !== undefined) throw error
    return 'done'
  })
  return { result, pauses, tries: () => tries }
}

describe('a call that the API server answers with 429', () => {
  const throttled = refusal(429)

  it('is repeated after growing pauses, until it succeeds', async () => {
    const { pauses, result } = callOf([throttled, throttled, throttled])
    expect(await result).toBe('done')
    expect(pauses).toEqual([500, 1_000, 2_000])
  })

  it('pauses up to twice as long by chance', async () => {
    const { pauses, result } = callOf([throttled, throttled], 0.5)
    expect(await result).toBe('done')
    expect(pauses).toEqual([750, 1_500])
  })

  it('fails with the last answer before its time is over', async () => {
    const { pauses, result } = callOf(Array.from({ length: 20 }, () => throttled))
    await expect(result).rejects.toBe(throttled)
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(LIMITS.throttledMs)
  })

  it.each([
    ['3', 3_000],
    [' 2 ', 2_000],
    ['1.2', 1_200],
    ['0', 500],
    ['Sat, 28 Nov 2026 12:00:04 GMT', 4_000],
    ['Sat, 28 Nov 2026 11:00:00 GMT', 500],
    ['', 500],
    ['-5', 500],
    ['soon', 500],
    ['1e3', 500],
    ['NaN', 500],
    ['Infinity', 500],
    ['Sat, 99 Nov 2026 12:00:04 GMT', 500],
  ])('and Retry-After "%s" waits %i ms', async (value, expected) => {
    const { pauses, result } = callOf([refusal(429, { 'retry-after': value })])
    expect(await result).toBe('done')
    expect(pauses).toEqual([expected])
  })

  it('adds a part of its own pause to Retry-After by chance, so that clients spread', async () => {
    const { pauses, result } = callOf([refusal(429, { 'retry-after': '3' })], 0.5)
    expect(await result).toBe('done')
    expect(pauses).toEqual([3_250])
  })

  it.each(['7', '600', '99999999999'])(
    'fails at once when Retry-After %s is beyond its time',
    async (value) => {
      const asked = refusal(429, { 'retry-after': value })
      const { pauses, result } = callOf([asked])
      await expect(result).rejects.toBe(asked)
      expect(pauses).toEqual([])
    },
  )
})

describe('a call that meets another outage', () => {
  it('is repeated once', async () => {
    const lost = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    expect(await callOf([lost]).result).toBe('done')
    const { pauses, result, tries } = callOf([lost, lost])
    await expect(result).rejects.toBe(lost)
    expect([pauses, tries()]).toEqual([[100], 2])
  })

  it('is repeated once beside the retries of a throttle', async () => {
    const unavailable = refusal(503)
    const { pauses, result } = callOf([refusal(429), unavailable, refusal(429)])
    expect(await result).toBe('done')
    expect(pauses).toEqual([500, 100, 1_000])
  })
})

it('a call that the API server refuses is not repeated', async () => {
  const forbidden = refusal(403)
  const { pauses, result } = callOf([forbidden])
  await expect(result).rejects.toBe(forbidden)
  expect(pauses).toEqual([])
})
