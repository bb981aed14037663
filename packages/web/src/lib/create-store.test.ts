import { describe, expect, it, vi } from 'vitest'
import { createStore } from './create-store.ts'

describe(createStore, () => {
  it('returns the first value, then the value set last', () => {
    const { snapshot, set } = createStore('one')
    expect(snapshot()).toBe('one')
    set('two')
    expect(snapshot()).toBe('two')
  })

  it('notifies every listener once per change, after the change', () => {
    const store = createStore(1)
    const seen: number[] = []
    const other = vi.fn()
    store.subscribe(() => seen.push(store.snapshot()))
    store.subscribe(other)
    store.set(2)
    store.set(3)
    expect(seen).toEqual([2, 3])
    expect(other).toHaveBeenCalledTimes(2)
  })

  it('notifies no listener when the value stays the same', () => {
    const store = createStore(Number.NaN)
    const listener = vi.fn()
    store.subscribe(listener)
    store.set(Number.NaN)
    expect(listener).not.toHaveBeenCalled()
  })

  it('stops notifying a listener that unsubscribed', () => {
    const store = createStore(1)
    const listener = vi.fn()
    store.subscribe(listener)()
    store.set(2)
    expect(listener).not.toHaveBeenCalled()
  })
})
