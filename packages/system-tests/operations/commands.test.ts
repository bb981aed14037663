import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from './commands.ts'
import { commandsOfManual } from './manual.ts'

const REHEARSAL = readFileSync(fileURLToPath(new URL('../rehearsal/main.ts', import.meta.url)), 'utf8')

describe('the commands of docs/operations.md', () => {
  it('are all in the table, which says who runs each, and the table has no others', () => {
    expect(Object.keys(COMMANDS).toSorted()).toEqual(commandsOfManual().toSorted())
  })

  it('that a step of the rehearsal covers have such a step', () => {
    const steps = Object.values(COMMANDS).flatMap((by) => ('step' in by ? [by.step] : []))
    for (const step of new Set(steps)) expect(REHEARSAL, step).toContain(`step('${step}`)
  })
})
