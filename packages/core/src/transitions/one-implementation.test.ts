import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Folders whose code may change sessions and slots only through core/transitions. */
const CALLERS = [
  '../simulation/',
  '../../../functions/src/api/',
  '../../../functions/src/refill/',
  '../../../functions/src/sessions/',
].map((path) => new URL(path, import.meta.url))

const STATES = [
  'EMPTY',
  'STARTING',
  'WARM',
  'CLAIMED',
  'starting',
  'live',
  'recovering',
  'ended',
  'requested',
  'sent',
  'done',
]
/** Fields of a session or a slot that appear in no fact of an audit row and in no log line. */
const FIELDS = [
  'checkedAtMs',
  'claimedAtMs',
  'connectedAtMs',
  'connectedEpoch',
  'endReason',
  'endedAtMs',
  'endsAtMs',
  'epochAtMs',
  'finalized',
  'heals',
  'kill',
  'lastKillAtMs',
  'leaseEndsAtMs',
  'previousJobs',
  'previousPodUid',
  'replacedAtMs',
  'seenAtMs',
  'sinceMs',
]
const STATE_LITERAL = `\\bstate: '(?:${STATES.join('|')})'`
/** `field: value` in an object literal. A declared parameter (`field: number`) does not count. */
const FIELD_LITERAL = `[{,]\\s*(?:${FIELDS.join('|')}): (?!number)`
/** A copy of a row with a changed field, in shorthand too: `{ ...row, heals }`. */
const CHANGED_COPY = `\\{\\s*\\.\\.\\.[\\w.]+,[^{}]*\\b(?:${FIELDS.join('|')})\\b`
const ROW_LITERAL = new RegExp([STATE_LITERAL, FIELD_LITERAL, CHANGED_COPY].join('|'), 'g')

/** The places where a source text builds a row by itself. Comments do not count. */
function literals(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
  return [...code.matchAll(ROW_LITERAL)].map(([match]) => match.replace(/\s+/g, ' '))
}

function sources(): { name: string; text: string }[] {
  return CALLERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('_'))
      .map((name) => ({
        name: `${folder.pathname.split('/').slice(-4, -1).join('/')}/${name}`,
        text: readFileSync(new URL(name, folder), 'utf8'),
      })),
  )
}

describe('the transitions of sessions and slots', () => {
  it('have no second implementation in the Lambdas or the simulator', () => {
    const files = sources()
    expect(files.length).toBeGreaterThan(25)
    const found = files.flatMap(({ name, text }) => literals(text).map((literal) => `${name}: ${literal}`))
    expect(found).toEqual([])
  })

  it.each([
    "world.write(seen, { ...seen, state: 'ended', endReason: because })",
    'world.moveSlot(step.slot, { ...step.slot, checkedAtMs: world.nowMs })',
    'sessions.update(row, {\n      ...row,\n      previousJobs: [],\n    })',
    'return { ...row, kill: undefined }',
    'world.write(seen, { ...seen, heals })',
    "const kill = { epoch, how, atMs, state: 'done', podUid }",
  ])('would be found: %s', (code) => {
    expect(literals(code)).not.toEqual([])
  })
})
