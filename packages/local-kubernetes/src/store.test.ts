import { describe, expect, it } from 'vitest'
import { watchEventOf } from './apiserver/watch.ts'
import { type Change, createStore } from './store.ts'
import type { Namespace } from './types.ts'

const namespace = (name: string, labels?: Record<string, string>): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid: name, resourceVersion: '', creationTimestamp: '', ...(labels ? { labels } : {}) },
  spec: {},
  status: { phase: 'Active' },
})

describe(createStore, () => {
  it('gives every write a greater version than the last', () => {
    const store = createStore(10, 100)
    const first = store.put('namespaces', namespace('a'))
    const second = store.put('namespaces', first)
    const last = store.remove('namespaces', second)
    expect([first, second, last].map(({ metadata }) => metadata.resourceVersion)).toEqual([
      '101',
      '102',
      '103',
    ])
    expect(store.get('namespaces', undefined, 'a')).toBeUndefined()
  })
  it('lists in the order of names, independent of the order of writes', () => {
    const store = createStore()
    for (const name of ['b', 'c', 'a']) store.put('namespaces', namespace(name))
    expect(store.list('namespaces').map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
  })
  it('calls listeners in the order of versions, also for a change that a listener makes', () => {
    const store = createStore(10, 0)
    const seen: string[] = []
    store.subscribe(({ object, type }) => {
      if (object.metadata.name === 'a' && type === 'ADDED')
        store.put('namespaces', namespace('made by a listener'))
    })
    store.subscribe(({ object, version }) => seen.push(`${version} ${object.metadata.name}`))
    store.put('namespaces', namespace('a'))
    expect(seen).toEqual(['1 a', '2 made by a listener'])
  })
  it('replays the changes after a version, and throws 410 for a version older than the history', () => {
    const store = createStore(3, 0)
    for (let i = 0; i < 20; i += 1) store.put('namespaces', namespace(`n${i}`))
    expect(store.changesSince(18).map(({ version }) => version)).toEqual([19, 20])
    expect(store.changesSince(20)).toEqual([])
    expect(() => store.changesSince(2)).toThrow(expect.objectContaining({ code: 410 }))
  })
})

describe(watchEventOf, () => {
  const matches = ({ metadata }: { metadata: { labels?: Record<string, string> } }) =>
    metadata.labels?.a === '1'
  const inside = { ...namespace('x', { a: '1' }) }
  const outside = { ...namespace('x', { a: '2' }) }
  const change = (type: Change['type'], object: Namespace, previous?: Namespace): Change => ({
    type,
    resource: 'namespaces',
    object: { ...object, metadata: { ...object.metadata, resourceVersion: '9' } },
    previous,
    version: 9,
  })
  it.each([
    ['an object that begins to match', change('MODIFIED', inside, outside), 'ADDED'],
    ['one that goes on matching', change('MODIFIED', inside, inside), 'MODIFIED'],
    ['one that stops matching', change('MODIFIED', outside, inside), 'DELETED'],
    ['one that is deleted while it matches', change('DELETED', inside, inside), 'DELETED'],
    ['one that never matched', change('MODIFIED', outside, outside), undefined],
    ['one that is deleted unmatched', change('DELETED', outside, outside), undefined],
  ])('tells %s', (_title, input, expected) => {
    expect(watchEventOf(input, matches)?.type).toBe(expected)
  })
  it('sends the last matching state, with the version at which it stopped matching', () => {
    const event = watchEventOf(change('MODIFIED', outside, inside), matches)
    expect(event?.object.metadata).toMatchObject({ labels: { a: '1' }, resourceVersion: '9' })
  })
})
