/** The program behind `npm start`: parses the flags, starts the system, and prints errors that the user can fix. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../user-error.ts'
import { type CliOptions, HELP, parseCliOptions } from './options.ts'
import { start } from './start.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

const options = parseCliOptions(process.argv.slice(2))
switch (options.kind) {
  case 'help':
    console.log(HELP)
    break
  case 'error':
    fail(options.message)
    break
  case 'start':
    await startOrFail(options)
    break
  default:
    options satisfies never
}

async function startOrFail({ cluster, data, port }: CliOptions & { kind: 'start' }): Promise<void> {
  if (process.platform === 'win32')
    return fail(
      'Warm Pods runs its pods as Unix processes, so it does not run on Windows. Start it in WSL 2.',
    )
  if (!existsSync(join(ROOT, 'node_modules/dynalite/package.json')))
    return fail(
      'The dependencies of Warm Pods are not installed. Run "npm ci" in its folder, then "npm start".',
    )
  // npm runs scripts in the folder of package.json and keeps the user's own folder in INIT_CWD.
  const from = process.env.INIT_CWD ?? process.cwd()
  await runCommand(() =>
    start({
      port,
      root: ROOT,
      data: data === undefined ? undefined : resolve(from, data),
      from,
      ...(cluster ? { cluster } : {}),
    }),
  )
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
