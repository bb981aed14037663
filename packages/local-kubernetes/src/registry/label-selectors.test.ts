import { describe, expect, it } from 'vitest'
import { formatLabelSelector, labelSelectorMatch, parseLabelSelector } from './label-selectors.ts'

describe(parseLabelSelector, () => {
  it('matches everything when it is empty', () => {
    expect(parseLabelSelector('')(undefined)).toBe(true)
  })
  it.each([
    ['a=1', { a: '1' }, true],
    ['a==1', { a: '2' }, false],
    ['a!=1', {}, true],
    ['a in (1, 2)', { a: '2' }, true],
    ['a notin (1,2)', { a: '1' }, false],
    ['a notin (1,2)', {}, true],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['a>5', { a: '7' }, true],
    ['a<5', { a: '7' }, false],
    ['a in (),b=1', { a: '', b: '1' }, true],
    ['a=,b', { a: '', b: '1' }, true],
    ['x.io/in=notin', { 'x.io/in': 'notin' }, true],
  ])('%j on %j is %j', (text, labels, expected) => {
    expect(parseLabelSelector(text)(labels)).toBe(expected)
  })
  it.each(['=', 'a=(', 'a in', 'a in (b', 'a b', ',', 'a,', '!', 'a>x', '-a=b', 'a=-b', 'a/b/c=d'])(
    'refuses %j with 400',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 400 }))
    },
  )
})

describe(formatLabelSelector, () => {
  it('prints a selector that parses to the same matches', () => {
    const selector = {
      matchLabels: { a: '1' },
      matchExpressions: [
        { key: 'b', operator: 'NotIn', values: ['2', '3'] },
        { key: 'c', operator: 'Exists' },
      ],
    }
    expect(formatLabelSelector(selector)).toBe('a=1,b notin (2,3),c')
    expect(labelSelectorMatch(selector)({ a: '1', c: '' })).toBe(true)
    expect(labelSelectorMatch(selector)({ a: '1', b: '2', c: '' })).toBe(false)
    expect(formatLabelSelector({})).toBe('<none>')
  })
})
