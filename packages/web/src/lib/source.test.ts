import { expect, it } from 'vitest'
import { sourceOf } from './source.ts'

it.each([
  [undefined, 'abcdef0', undefined],
  ['https://example.org/o/r', 'abcdef0', 'https://example.org/o/r/blob/abcdef0/a/b.ts'],
  ['https://example.org/o/r', '0.1.0+abcdef0', 'https://example.org/o/r/blob/abcdef0/a/b.ts'],
  ['https://example.org/o/r/', 'v1.2', 'https://example.org/o/r/blob/main/a/b.ts'],
  ['https://example.org/o/r', undefined, 'https://example.org/o/r/blob/main/a/b.ts'],
])('with source %s and release %s a file is at %s', (source, release, address) =>
  expect(sourceOf('a/b.ts', source, release)).toBe(address),
)
