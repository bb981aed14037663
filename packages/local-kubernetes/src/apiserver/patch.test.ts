import { describe, expect, it } from 'vitest'
import type { Json } from '../apimachinery/json.ts'
import { jsonPatch } from './json-patch.ts'
import { mergePatch, strategicPatch } from './patch.ts'

describe(mergePatch, () => {
  it.each<[Json, Json, Json]>([
    [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [{ a: 1 }, { a: null }, {}],
    [{ a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
    [{ a: [1] }, { a: [2] }, { a: [2] }],
    [{ a: 'x' }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    [{}, [1], [1]],
  ])('RFC 7386: %j patched with %j is %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected)
  })
  it('treats a key named __proto__ as an ordinary key', () => {
    const result = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}'))
    expect(Object.hasOwn(Object(result), '__proto__')).toBe(true)
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })
})

describe(strategicPatch, () => {
  it('merges containers and variables by their names, and removes by $patch', () => {
    const target = { containers: [{ name: 'a', env: [{ name: 'X', value: '1' }] }, { name: 'b' }] }
    const patch = {
      containers: [
        { name: 'a', env: [{ name: 'Y', value: '2' }] },
        { name: 'b', $patch: 'delete' },
      ],
    }
    expect(strategicPatch(target, patch, 'PodSpec')).toEqual({
      containers: [
        {
          name: 'a',
          env: [
            { name: 'X', value: '1' },
            { name: 'Y', value: '2' },
          ],
        },
      ],
    })
  })
  it('removes finalizers from their list', () => {
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } }
    expect(strategicPatch({ metadata: { finalizers: ['x', 'y'] } }, patch, 'Pod')).toEqual({
      metadata: { finalizers: ['y'] },
    })
  })
})

describe(jsonPatch, () => {
  it.each<[Json, Json, Json]>([
    [{ a: [1, 2] }, [{ op: 'add', path: '/a/1', value: 9 }], { a: [1, 9, 2] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: [1, 2] }, [{ op: 'replace', path: '/a/0', value: 9 }], { a: [9, 2] }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    [{ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    [{ a: 1 }, [{ op: 'copy', from: '/a', path: '/b' }], { a: 1, b: 1 }],
    [{ 'a/b': { '~': 1 } }, [{ op: 'test', path: '/a~1b/~0', value: 1 }], { 'a/b': { '~': 1 } }],
    [{ a: 1 }, [{ op: 'test', path: '/none', value: null }], { a: 1 }],
  ])('RFC 6902: %j with %j is %j', (document, patch, expected) => {
    expect(jsonPatch(document, patch)).toEqual(expected)
  })
  it.each<[Json]>([
    [[{ op: 'test', path: '/a', value: 2 }]],
    [[{ op: 'remove', path: '/none' }]],
    [[{ op: 'add', path: '/none/x', value: 1 }]],
    [[{ op: 'add', path: '/a' }]],
    [[{ op: 'add', path: 'a', value: 1 }]],
    [[{ op: 'add', path: '/l/7', value: 1 }]],
    [[{ op: 'jump', path: '/a' }]],
  ])('answers 422 to %j and leaves the document alone', (patch) => {
    const document = { a: 1, l: [1] }
    expect(() => jsonPatch(document, patch)).toThrow(expect.objectContaining({ code: 422 }))
    expect(document).toEqual({ a: 1, l: [1] })
  })
})
