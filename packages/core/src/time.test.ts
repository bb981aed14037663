import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ageMs, MAX_CLOCK_SKEW_MS, remainingMs, wholeMs } from './time.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const GENERATED = new Set(['node_modules', 'dist', '.local', '.sst'])
/** A number, a constant, or a rounded duration. */
const WHOLE = /^(?:[\d_]+|[A-Z][A-Z_\d]*|wholeMs\(.*)$/

describe(wholeMs, () => {
  it.each([
    [413.18, 414],
    [0.0001, 1],
    [-0.5, 0],
    [1_000, 1_000],
    [Number.POSITIVE_INFINITY, 2 ** 31 - 1],
  ])('makes %d ms a delay that AbortSignal.timeout accepts: %d', (ms, whole) => {
    expect(wholeMs(ms)).toBe(whole)
    expect(() => AbortSignal.timeout(wholeMs(ms))).not.toThrow()
  })
})

const NOW = 1_000_000_000
const HOUR = 3_600_000

describe(ageMs, () => {
  it.each([
    ['in the past', NOW - 5_000, 5_000],
    ['by a clock that is a little ahead', NOW + 2_000, -2_000],
    ['by a clock that is ahead by the largest skew', NOW + MAX_CLOCK_SKEW_MS, -MAX_CLOCK_SKEW_MS],
    ['by a clock that is hours ahead', NOW + HOUR, Number.POSITIVE_INFINITY],
  ])('of a time recorded %s', (_when, recordedMs, age) => {
    expect(ageMs(recordedMs, NOW)).toBe(age)
  })
})

describe(remainingMs, () => {
  it.each([
    ['that has passed', NOW - 1, 0],
    ['that lies ahead', NOW + 4_000, 4_000],
    ['by a clock that is a little ahead', NOW + 5_000 + MAX_CLOCK_SKEW_MS, 5_000 + MAX_CLOCK_SKEW_MS],
    ['that lies hours ahead', NOW + HOUR, 0],
  ])('until an end %s, of at most five seconds', (_when, endsAtMs, left) => {
    expect(remainingMs(endsAtMs, NOW, 5_000)).toBe(left)
  })
})

/** TypeScript files below a folder, without what a tool has written. */
function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (GENERATED.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (/\.tsx?$/.test(entry.name) && !entry.name.includes('.test.')) yield path
  }
}

/** The delays of AbortSignal.timeout in `text` that may have a fraction. */
function fractional(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
  const delays = [...code.matchAll(/\bAbortSignal\.timeout\(([^\n]*?)\)/g)]
  return delays.map(([, delay = '']) => delay).filter((delay) => !WHOLE.test(delay))
}

describe('a delay of AbortSignal.timeout', () => {
  it('is a constant or rounded by wholeMs, in every file', () => {
    const found = ['packages', 'stacks', 'scripts']
      .flatMap((folder) => [...sources(join(ROOT, folder))])
      .flatMap((path) => fractional(readFileSync(path, 'utf8')).map((delay) => `${path}: ${delay}`))
    // Its only caller rounds the delay, and the guard `wholeTimes` of the simulation removes that.
    expect(found).toEqual([`${join(ROOT, 'packages/functions/src/kubernetes/api-client.ts')}: timeoutMs`])
  })

  it.each([
    'AbortSignal.timeout(leftMs)',
    'AbortSignal.timeout(timeoutMs - 1)',
    'AbortSignal.timeout(LIMITS.pingMs)',
  ])('would be found: %s', (code) => {
    expect(fractional(code)).not.toEqual([])
  })
})
