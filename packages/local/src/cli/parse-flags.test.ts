import { describe, expect, it } from 'vitest'
import { parseFlags } from './parse-flags.ts'

const FLAGS = { port: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const

describe('parseFlags', () => {
  it('returns the values of known flags, and nothing for flags that were not given', () => {
    expect(parseFlags(['--port', '5000'], FLAGS)).toEqual({ ok: true, values: { port: '5000' } })
    expect(parseFlags(['-h'], FLAGS)).toEqual({ ok: true, values: { help: true } })
    expect(parseFlags([], FLAGS)).toEqual({ ok: true, values: {} })
  })

  it('returns true for a string flag without a value', () => {
    expect(parseFlags(['--port'], FLAGS)).toEqual({ ok: true, values: { port: true } })
  })

  it.each([
    [['--prot', '5'], 'There is no flag --prot'],
    [['-p'], 'There is no flag -p'],
    [['--port', '5', 'x'], 'Expected flags only, got the argument "x"'],
  ])('names the wrong argument: %j', (args, message) => {
    expect(parseFlags(args, FLAGS)).toEqual({ ok: false, message })
  })
})
