import { expect, it } from 'vitest'
import { createScreen, wantsColour } from './terminal-output.ts'

function screen(isTerminal: boolean, useColour = false) {
  let written = ''
  const write = (text: string) => {
    written += text
  }
  return { ...createScreen({ write, isTerminal, useColour, elapsedMs: () => 1_234 }), written: () => written }
}

it('writes one plain line for each step when nobody watches', () => {
  const plain = screen(false)
  plain.doing('pool', '1 of 4')
  plain.step('pool', '4 of 4')
  expect(plain.written()).toBe('  1.2 s  ✓ pool        4 of 4\n')
})

it('changes the last line in place on a terminal, and never leaves half of it', () => {
  const terminal = screen(true)
  terminal.doing('pool', '1 of 4')
  terminal.doing('pool', '2 of 4')
  terminal.note('Something else happened.')
  const lines = terminal.written().split('\n')
  expect(lines[0]?.split('\r\u001b[2K').at(-1)).toContain('Something else happened.')
  expect(lines[1]).toBe('')
})

it('uses colour only on a terminal that has it and whose owner did not turn it off', () => {
  expect(wantsColour(true, {})).toBe(true)
  expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false)
  expect(wantsColour(true, { NO_COLOR: '' })).toBe(true)
  expect(wantsColour(true, { TERM: 'dumb' })).toBe(false)
  expect(wantsColour(false, {})).toBe(false)
  expect(screen(true).written()).not.toContain('\u001b[3')
})
