/**
 * The program behind `npm test`: runs the vitest suites and the browser tests, and prints one line with the totals.
 * `npm test -- unit` runs only vitest, `npm test -- browser` only the browser tests.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { findBrowser } from './browser.ts'

/** The totals of one or more suites. */
interface Totals {
  /** Includes the tests that passed on a retry. */
  readonly passed: number
  /** Tests that passed only on a retry. */
  readonly retried: number
  readonly failed: number
  readonly skipped: number
}

const VitestReport = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numFailedTestSuites: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
})
const PlaywrightReport = v.object({
  stats: v.object({ expected: v.number(), unexpected: v.number(), flaky: v.number(), skipped: v.number() }),
  errors: v.array(v.unknown()),
})

/** The totals of a suite without a report: one failure. */
const NO_REPORT: Totals = { passed: 0, retried: 0, failed: 1, skipped: 0 }
const reports = mkdtempSync(join(tmpdir(), 'warm-pods-test-'))
try {
  const sums = await suites(process.argv[2])
  const total = (key: keyof Totals): number => sums.reduce((sum, suite) => sum + suite[key], 0)
  const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''
  if (process.argv[2] === undefined)
    console.log(
      '\nNot included: npm run test:infra (tests of the stacks with the real SST; the first time takes minutes).',
    )
  if (total('retried') > 0) console.log(`\nPassed only on a retry, see above: ${total('retried')}`)
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped}`)
  process.exitCode = total('failed') > 0 ? 1 : 0
} finally {
  rmSync(reports, { recursive: true, force: true })
}

async function suites(only: string | undefined): Promise<Totals[]> {
  if (only === 'unit') return [await unit()]
  const env = browserEnvironment()
  // The visits wait two minutes for back-offs of Kubernetes, so they run in parallel with the unit tests.
  const visits = playwright('packages/system-tests/playwright.config.ts', env, 'afterwards')
  const first = only === 'browser' ? [] : [await unit()]
  const page = await playwright('packages/web/playwright.config.ts', env, 'live')
  return [...first, page, await visits]
}

async function unit(): Promise<Totals> {
  const file = join(reports, 'vitest.json')
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const status = await run('vitest', args, {}, 'live')
  if (!existsSync(file)) return NO_REPORT
  const report = v.parse(VitestReport, JSON.parse(readFileSync(file, 'utf8')))
  // A test file that cannot be loaded has no failed test, so it counts as one failure.
  const failed = Math.max(report.numFailedTests, report.numFailedTestSuites > 0 || status !== 0 ? 1 : 0)
  const skipped = report.numPendingTests + report.numTodoTests
  return { passed: report.numPassedTests, retried: 0, failed, skipped }
}

function browserEnvironment(): Record<string, string> {
  const chromium = findBrowser()
  return chromium ? { CHROMIUM_PATH: chromium } : {}
}

async function playwright(config: string, env: Record<string, string>, show: Show): Promise<Totals> {
  const file = join(reports, `${config.replaceAll('/', '-')}.json`)
  const args = ['test', '--config', config, '--reporter=list,json']
  const status = await run('playwright', args, { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: file }, show)
  if (!existsSync(file)) return NO_REPORT
  const { stats, errors } = v.parse(PlaywrightReport, JSON.parse(readFileSync(file, 'utf8')))
  const failed = Math.max(stats.unexpected, errors.length > 0 || status !== 0 ? 1 : 0)
  return { passed: stats.expected + stats.flaky, retried: stats.flaky, failed, skipped: stats.skipped }
}

type Show = 'live' | 'afterwards'

/** @returns the exit code; 1 when the command did not start. */
function run(command: string, args: string[], env: Record<string, string>, show: Show): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const child = spawn(command, args, {
    stdio: show === 'live' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const output: Buffer[] = []
  child.stdout?.on('data', (bytes: Buffer) => output.push(bytes))
  child.stderr?.on('data', (bytes: Buffer) => output.push(bytes))
  child.once('error', (error) => {
    console.error(`${command} did not start: ${error.message}`)
    resolve(1)
  })
  child.once('close', (status) => {
    process.stdout.write(Buffer.concat(output))
    resolve(status ?? 1)
  })
  return promise
}
