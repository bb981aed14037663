/** Runs commands of docs/operations.md as they are written there, with the emulated account and the deployed cluster. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandsOf, type Phase } from '../operations/commands.ts'
import { ROOT } from './commands.ts'

const CONFIG = join(ROOT, 'sst.config.ts')
const PROTECTION = 'protect: production,'
/** The document writes `…` for the names of both tables. */
const TABLES = ['warm-pods-production-pool', 'warm-pods-production-sessions']
/** The output of each command that must find nothing. */
const NOTHING = /^(\[\]|\{\s*"clusters": \[\]\s*\}|\s)*$/

/** Runs one command in a shell. @returns its output. @throws Error unless it ends with 0. */
export type Shell = (command: string) => Promise<string>

/** Runs every command of a phase. @throws Error naming the command that failed or found something. */
export async function runPhase(phase: Phase, shell: Shell): Promise<void> {
  for (const command of commandsOf(phase).flatMap(expanded)) {
    const output = await shell(command)
    if (phase === 'proof' && !NOTHING.test(output)) throw new Error(`${command} found ${output.trim()}`)
  }
}

function expanded(command: string): string[] {
  return command.endsWith(' …') ? TABLES.map((table) => command.replace('…', table)) : [command]
}

/** Runs `body` with `protect: false` in sst.config.ts, as the document says for a removal. */
export async function withoutProtection(body: () => Promise<void>): Promise<void> {
  const config = readFileSync(CONFIG, 'utf8')
  if (!config.includes(PROTECTION)) throw new Error(`sst.config.ts has no "${PROTECTION}".`)
  writeFileSync(CONFIG, config.replace(PROTECTION, 'protect: false,'))
  try {
    await body()
  } finally {
    writeFileSync(CONFIG, config)
  }
}
