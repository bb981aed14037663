import { LIMITS, type Limits } from '@warm-pods/core/limits.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { age } from '../lib/format.ts'

afterEach(() => {
  vi.doUnmock('@warm-pods/core/limits.ts')
  vi.resetModules()
})

/** All copy as one text, as it reads when some limits are different; functions as their source. */
async function copyWith(changes: Partial<Limits> = {}): Promise<string> {
  vi.resetModules()
  vi.doMock('@warm-pods/core/limits.ts', () => ({ LIMITS: { ...LIMITS, ...changes } }))
  const files = await Promise.all([
    import('./analytics.ts'),
    import('./chapters.ts'),
    import('./diagram.ts'),
    import('./events.ts'),
    import('./export.ts'),
    import('./first-paint.ts'),
    import('./kills.ts'),
    import('./path.ts'),
    import('./pool.ts'),
    import('./recording.ts'),
    import('./simulation.ts'),
  ])
  return JSON.stringify(files, (_, value: unknown) => (typeof value === 'function' ? String(value) : value))
}

describe('copy', () => {
  it('uses no exclamation marks', async () => {
    const all = await copyWith()
    expect(all.replaceAll(/!==?|!\w|\?\?/g, '')).not.toMatch(/[a-z]!|Oops/i)
  })

  it.each([
    ['target', 7, (n: number) => `One of the ${n} ends by itself`],
    ['liveSessionsPerAddress', 5, (n: number) => `already holds ${n} pods`],
    ['lifetimeMs', 45 * 60_000, (ms: number) => `at most ${age(ms)}`],
    ['hiddenMs', 90_000, (ms: number) => `After ${age(ms)} in a hidden tab`],
    ['deadAfterPings', 6, (n: number) => `${n} pings missed their deadline`],
    ['deadAfterPings', 6, (n: number) => `${n} pings had to miss their deadline`],
    ['pingMs', 500, (ms: number) => `${1_000 / ms} a second`],
    ['pingMs', 500, (ms: number) => `pings it ${1_000 / ms} times a second`],
    ['pingDeadlineMs', 3_000, (ms: number) => `deadline of ${age(ms)} or more`],
    ['pingDeadlineMs', 3_000, (ms: number) => `deadline of ${age(ms)} or four times p95`],
    ['pingMs', 500, (ms: number) => `grid of ${ms} ms`],
    ['leaseMs', 480_000, (ms: number) => `releases a pod after ${age(ms)}`],
    ['refillEveryMs', 30_000, (ms: number) => `every ${ms / 1_000} seconds`],
  ] as const)('follows the limit %s when that is %d', async (limit, changed, text) => {
    expect(await copyWith()).toContain(text(LIMITS[limit]))
    const all = await copyWith({ [limit]: changed })
    expect(all).toContain(text(changed))
    expect(all).not.toContain(text(LIMITS[limit]))
  })
})
