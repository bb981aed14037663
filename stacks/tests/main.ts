/** `npm run test:infra`: installs the SST platform if it is missing, checks the types of stacks/, and runs its tests. */
import { spawnSync } from 'node:child_process'
import { platformIsInstalled } from './offline/platform.ts'

const vitestOptions = process.argv.slice(2)
const steps: readonly (readonly [string, ...string[]])[] = [
  ...(platformIsInstalled() ? [] : [[process.execPath, 'stacks/tests/install.ts'] as const]),
  ['tsc', '-p', 'tsconfig.infra.json'],
  ['vitest', 'run', '--config', 'stacks/tests/vitest.config.ts', ...vitestOptions],
]
process.exitCode = steps.every(([command, ...args]) => run(command, args)) ? 0 : 1

function run(command: string, args: readonly string[]): boolean {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) console.error(`${command} did not start: ${error.message}`)
  return status === 0
}
