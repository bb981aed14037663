/** Runs programs with the environment of the rehearsal, and keeps their output in a file. */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Aborted by SIGINT and SIGTERM. It ends the running program, so the rehearsal fails and still removes its objects. */
export const INTERRUPT = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => INTERRUPT.abort(new Error(`Interrupted by ${name}.`)))

/** Ends a program that hangs, ms. */
const LIMIT_MS = 900_000
const SHOWN_LINES = 25

export interface Command {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  /** The file for its output, absolute. */
  readonly log: string
}

/** @returns the command that runs a program of this repository with Node. @param program below the root. */
export function nodeCommand(
  program: string,
  args: readonly string[],
  nodeFlags: readonly string[] = [],
): Command['command'] {
  return [process.execPath, ...nodeFlags, join(ROOT, program), ...args]
}

/** A program that did not end with 0. The message has the last lines of its output. */
export class CommandFailed extends Error {
  override name = 'CommandFailed'
  readonly output: string

  constructor(message: string, output: string) {
    super(message)
    this.output = output
  }
}

/** @returns the output. @throws CommandFailed unless the program ends with 0. */
export function run({ command: [program, ...args], env, log }: Command): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    signal: INTERRUPT.signal,
  })
  const file = createWriteStream(log)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      file.write(text)
    })
  }
  child.once('error', reject)
  child.once('close', (code, signal) => {
    file.end()
    if (code === 0) return resolve(output)
    const last = output.trim().split('\n').slice(-SHOWN_LINES).join('\n')
    reject(new CommandFailed(`${args.join(' ')} ended with ${signal ?? code}:\n${last}`, output))
  })
  return promise
}
