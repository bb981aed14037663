import { expect, it } from 'vitest'
import { duration } from '../lib/format.ts'
import { printLegs } from './legs-text.ts'

it('prints legs that add up to the printed total', () => {
  const printed = printLegs([
    { name: 'told', ms: 1_773.4 },
    { name: 'claimed', ms: 60.4 },
    { name: 'connected', ms: 12.4 },
    { name: 'pong', ms: 2.4 },
  ])
  expect(printed.map(({ text }) => text)).toEqual(['1.78 s', '0.06 s', '0.01 s', 'under 0.01 s'])
  expect(duration(1_773.4 + 60.4 + 12.4 + 2.4)).toBe('1.85 s')
})
