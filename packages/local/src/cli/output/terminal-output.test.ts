import { describe, expect, it } from 'vitest'
import { createTerminalOutput, wantsColour } from './terminal-output.ts'

function recordedOutput(isTerminal: boolean, useColour = false) {
  let written = ''
  const write = (text: string) => {
    written += text
  }
  const output = createTerminalOutput({ write, isTerminal, useColour, elapsedMs: () => 1_234 })
  return { ...output, written: () => written }
}

describe('the terminal output', () => {
  it('is one plain line for each finished step when it goes to a file or a pipe', () => {
    const plain = recordedOutput(false)
    plain.progress('pool', '1 of 4')
    plain.step('pool', '4 of 4')
    expect(plain.written()).toBe('  1.2 s  ✓ pool        4 of 4\n')
  })

  it('replaces the line of a step in progress on a terminal, and leaves no rest of it', () => {
    const terminal = recordedOutput(true)
    terminal.progress('pool', '1 of 4')
    terminal.progress('pool', '2 of 4')
    terminal.note('Something else happened.')
    const lines = terminal.written().split('\n')
    expect(lines[0]?.split('\r\u001b[2K').at(-1)).toContain('Something else happened.')
    expect(lines[1]).toBe('')
  })

  it('has colour only on a terminal that supports it and without NO_COLOR', () => {
    expect(wantsColour(true, {})).toBe(true)
    expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false)
    expect(wantsColour(true, { NO_COLOR: '' })).toBe(true)
    expect(wantsColour(true, { TERM: 'dumb' })).toBe(false)
    expect(wantsColour(false, {})).toBe(false)
    expect(recordedOutput(true).written()).not.toContain('\u001b[3')
  })
})
