/** The program behind `npm run top`: the pool, sessions, pods, events and refill in the owner's terminal. */
import { fileURLToPath } from 'node:url'
import { UserError } from '../user-error.ts'
import { HELP, parseTopOptions, type TopOptions } from './options.ts'
import { auditLines, viewLines } from './render.ts'
import { showLive } from './screen.ts'
import { openSource, problemOf } from './sources.ts'
import { readAudit, readView, type Source } from './view.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

// npm runs scripts in the folder of package.json and keeps the user's own folder in INIT_CWD.
const from = process.env.INIT_CWD ?? process.cwd()
const options = parseTopOptions(process.argv.slice(2), from)
if (options.kind === 'help') console.log(HELP)
else if (options.kind === 'error') fail(options.message)
else await top(options)

async function top({ place, session }: TopOptions & { kind: 'top' }): Promise<void> {
  let source: Source | undefined
  try {
    source = openSource(place, { root: ROOT, from, environment: process.env })
    await show(source, session, (error) => problemOf(error, place))
  } catch (error) {
    fail(error instanceof UserError ? error.message : problemOf(error, place))
  } finally {
    source?.close()
  }
}

async function show(
  source: Source,
  prefix: string | undefined,
  explain: (error: unknown) => string,
): Promise<void> {
  const audit = prefix === undefined ? undefined : await readAudit(source, prefix)
  if (prefix !== undefined && audit === undefined)
    throw new UserError(
      `No session, or more than one, has an id that begins with ${prefix}. Give more characters; a session that has ended needs all 32.`,
    )
  if (process.stdin.isTTY && process.stdout.isTTY)
    return showLive(source, audit?.sessionId, { input: process.stdin, output: process.stdout }, explain)
  const view = await readView(source)
  const row = view.sessions.find(({ sessionId }) => sessionId === audit?.sessionId)
  const lines = audit
    ? auditLines(audit.sessionId, audit.events, row, view.nowMs)
    : viewLines(source.name, view)
  console.log(lines.join('\n'))
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
