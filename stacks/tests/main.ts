/** `npm run test:infra`: installs the SST platform when it is not there, checks the stacks' types, and tests them. */
import { spawnSync } from 'node:child_process'
import { platformIsInstalled } from './offline/platform.ts'

const more = process.argv.slice(2)
const steps: readonly (readonly [string, ...string[]])[] = [
  ...(platformIsInstalled() ? [] : [[process.execPath, 'stacks/tests/install.ts'] as const]),
  ['tsc', '-p', 'tsconfig.infra.json'],
  ['vitest', 'run', '--config', 'stacks/tests/vitest.config.ts', ...more],
]
process.exitCode = steps.every(([command, ...args]) => run(command, args)) ? 0 : 1

function run(command: string, args: readonly string[]): boolean {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) console.error(`${command} did not start: ${error.message}`)
  return status === 0
}
