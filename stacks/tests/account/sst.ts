/** Runs the real SST CLI, with its engine, in the emulated account. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { VARIABLES } from '../../settings/settings.ts'
import { ROOT } from '../offline/sst.ts'
import { StepError } from './steps.ts'

/** Ends a command that hangs. A deploy with the real provider takes minutes. */
const LIMIT_MS = 900_000
/** A running command prints its last line this often. */
const PROGRESS_MS = 15_000

export type Settings = Readonly<Record<string, string>>

interface Ended {
  /** Exit code; undefined when a signal ended the command. */
  readonly code: number | undefined
  /** Standard output and standard error. */
  readonly output: string
}

export interface Sst {
  /** Runs `sst` to its end. @param settings WARM_PODS_* to set; all others are empty. */
  run(args: readonly string[], settings: Settings): Promise<Ended>
  /** Ends the running command, its engine and its providers with SIGKILL. */
  kill(): void
}

/** @param env the account's endpoint and credentials. @param logs folder for the output of each command. */
export function sstIn(env: Settings, logs: string): Sst {
  let running: number | undefined
  let count = 0
  const kill = (): void => {
    if (running !== undefined) process.kill(-running, 'SIGKILL')
  }
  process.once('exit', kill)
  return {
    kill,
    run(args, settings) {
      count += 1
      const log = join(logs, `${String(count).padStart(2, '0')}-${args[0]}.log`)
      return new Promise((done, failed) => {
        const startedMs = performance.now()
        // A process group of its own, so that `kill` reaches the engine too.
        const child = spawn(join(ROOT, 'node_modules/.bin/sst'), [...args, '--print-logs'], {
          cwd: ROOT,
          env: environment(env, settings),
          stdio: ['ignore', 'pipe', 'pipe'],
          detached: true,
          timeout: LIMIT_MS,
        })
        running = child.pid
        let output = ''
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (text: string) => (output += text))
        const progress = setInterval(() => {
          const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
          console.log(`  sst ${args.join(' ')}, ${seconds} s: ${lastProgress(output)}`)
        }, PROGRESS_MS)
        child.once('error', failed)
        child.once('close', (code) => {
          clearInterval(progress)
          running = undefined
          writeFileSync(log, output)
          done({ code: code ?? undefined, output })
        })
      })
    },
  }
}

/** Variables of the developer's own stages and credentials are left out. SST's .env files do not override empty ones. */
function environment(env: Settings, settings: Settings): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('WARM_PODS_') && !['AWS_PROFILE', 'AWS_SESSION_TOKEN'].includes(name),
  )
  return {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, ''])),
    PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
    SST_NO_BUN: '1',
    SST_TELEMETRY_DISABLED: '1',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    ...env,
    ...settings,
  }
}

/** Returns the last line that SST printed about a resource, at most 100 characters. */
function lastProgress(output: string): string {
  const lines = output.split('\n').filter((line) => /^[|✓✕~]/.test(line))
  return lines.at(-1)?.slice(0, 100) ?? 'starting'
}

/** Runs `sst` and expects success. Returns its output. @throws StepError with the last lines. */
export async function succeeds(sst: Sst, args: readonly string[], settings: Settings): Promise<string> {
  const { code, output } = await sst.run(args, settings)
  if (code === 0) return output
  throw new StepError(`sst ${args.join(' ')} ended with ${code}:\n${lastLines(output)}`)
}

/** Runs `sst` and expects it to fail with every one of these texts. @throws StepError otherwise. */
export async function fails(
  sst: Sst,
  args: readonly string[],
  settings: Settings,
  texts: readonly RegExp[],
): Promise<void> {
  const { code, output } = await sst.run(args, settings)
  if (code === 0) throw new StepError(`sst ${args.join(' ')} was expected to fail, but it succeeded.`)
  const message = sstMessage(output)
  const missing = texts.filter((text) => !text.test(message))
  if (missing.length > 0)
    throw new StepError(
      `sst ${args.join(' ')} failed without the text ${missing.join(', ')}:\n${lastLines(output)}`,
    )
}

/** Runs `sst diff` and expects no change. @throws StepError with the changes. */
export async function hasNoChanges(sst: Sst, stage: string, settings: Settings): Promise<void> {
  const output = await succeeds(sst, ['diff', '--stage', stage], settings)
  if (!/No changes/i.test(output)) throw new StepError(`sst diff reports changes:\n${lastLines(output)}`)
}

/** Returns the lines that a user sees: without the log lines of `--print-logs`. */
export function sstMessage(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/^time=/.test(line))
    .join('\n')
}

function lastLines(output: string): string {
  return sstMessage(output).trim().split('\n').slice(-25).join('\n')
}
