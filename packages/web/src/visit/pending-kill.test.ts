import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { nowMs } from '../lib/clock.ts'
import { after, kill, LIVE } from './_util.ts'
import { keepKill } from './keep-kill.ts'
import { storedKill } from './pending-kill.ts'

/** A storage with one value. */
function storage(value?: string) {
  const kept = new Map<string, string>()
  return () => ({
    getItem: (key: string) => kept.get(key) ?? value ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  })
}

const event = { type: 'calm' } as const

describe(storedKill, () => {
  it('returns the kept kill without its token, until its recovery is over', () => {
    const stored = storage()
    const [live, dying] = [after(...LIVE), after(...LIVE, kill(nowMs()))]
    keepKill(stored)(live, dying, event)
    const found = storedKill(stored)
    expect(found).toMatchObject({ how: 'polite', of: { epoch: 1, pod: { alias: 'pod-1' } } })
    expect(JSON.stringify(found)).not.toContain('token')
    keepKill(stored)(dying, live, event)
    expect(storedKill(stored)).toBeUndefined()
  })

  it.each([
    '',
    'null',
    '[]',
    '{"atMs":1}',
    JSON.stringify({ atMs: nowMs() - LIMITS.leaseMs, of: { id: 'a', epoch: 1, pod: { alias: 'b' } } }),
    JSON.stringify({ atMs: nowMs() + 60_000, of: { id: 'a', epoch: 1, pod: { alias: 'b' } } }),
  ])('ignores damaged or old text: %s', (text) => {
    expect(storedKill(storage(text))).toBeUndefined()
  })

  it('takes a blocked storage for an empty one', () => {
    const blocked = () => {
      throw new DOMException('blocked', 'SecurityError')
    }
    expect(storedKill(blocked)).toBeUndefined()
    keepKill(blocked)(after(...LIVE), after(...LIVE, kill(nowMs())), event)
  })
})
