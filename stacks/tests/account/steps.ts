/** Runs the real SST CLI with the real Pulumi engine against an emulated AWS account, step by step. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from '../offline/sst.ts'

const LOGS = join(ROOT, '.sst/account-test')

interface Ended {
  readonly code: number
  readonly output: string
}

/** Thrown by a step whose result is not the expected one. */
export class StepError extends Error {}

/** Prints a line for the step, with its duration. Its output is in .sst/account-test. */
export async function step<T>(title: string, run: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  process.stdout.write(`${title} … `)
  try {
    const result = await run()
    console.log(`${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
    return result
  } catch (error) {
    console.log('failed')
    throw error
  }
}

let count = 0

/** Runs `sst` in the repository. @param env variables to set; an empty string unsets one. */
async function sst(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const variables = Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== '')
  const command = join(ROOT, 'node_modules/.bin/sst')
  const ended = await run(command, [...args, '--print-logs'], Object.fromEntries(variables), false)
  count += 1
  mkdirSync(LOGS, { recursive: true })
  writeFileSync(join(LOGS, `${String(count).padStart(2, '0')}-${args[0]}.log`), ended.output)
  return ended
}

/** Runs `sst` and expects success. @throws StepError with the last lines of its output. */
export async function succeeds(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, output } = await sst(args, env)
  if (code === 0) return output
  throw new StepError(
    `sst ${args.join(' ')} ended with ${code}:\n${output.trim().split('\n').slice(-15).join('\n')}`,
  )
}

/** Runs `sst diff` and expects no change. @throws StepError with the changes. */
export async function noChanges(stage: string, env: Readonly<Record<string, string>>): Promise<void> {
  const output = await succeeds(['diff', '--stage', stage], env)
  if (!/No changes/i.test(output)) throw new StepError(`sst diff reports changes:\n${output.slice(-2000)}`)
}
