/**
 * `npm test`: unit and engine tests, then the page and the whole visit in a real browser, then one line with the sum.
 * `npm test -- unit` or `npm test -- browser` runs one half.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { findBrowser } from './browser.ts'

interface Sum {
  /** Includes the tests that passed at the second attempt. */
  readonly passed: number
  readonly again: number
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

/** The sum of a suite that wrote no report: one failure. */
const NOTHING: Sum = { passed: 0, again: 0, failed: 1, skipped: 0 }
const reports = mkdtempSync(join(tmpdir(), 'warm-pods-test-'))
try {
  const sums = await suites(process.argv[2])
  const total = (key: keyof Sum): number => sums.reduce((sum, part) => sum + part[key], 0)
  const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''
  if (process.argv[2] === undefined)
    console.log(
      '\nNot run here: npm run test:infra (the stacks, with the real SST; some minutes the first time).',
    )
  if (total('again') > 0) console.log(`\nPassed only at the second attempt, see above: ${total('again')}`)
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped}`)
  process.exitCode = total('failed') > 0 ? 1 : 0
} finally {
  rmSync(reports, { recursive: true, force: true })
}

async function suites(only: string | undefined): Promise<Sum[]> {
  if (only === 'unit') return [await unit()]
  const env = browserEnvironment()
  // The visit spends two minutes waiting for Kubernetes' back-off. It runs beside the unit tests and is printed afterwards.
  const visit = playwright('packages/system-tests/playwright.config.ts', env, 'afterwards')
  const first = only === 'browser' ? [] : [await unit()]
  const page = await playwright('packages/web/playwright.config.ts', env, 'live')
  return [...first, page, await visit]
}

async function unit(): Promise<Sum> {
  const file = join(reports, 'vitest.json')
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const status = await run('vitest', args, {}, 'live')
  if (!existsSync(file)) return NOTHING
  const report = v.parse(VitestReport, JSON.parse(readFileSync(file, 'utf8')))
  // A file that does not load contains no failed test, so it counts as one failure.
  const failed = Math.max(report.numFailedTests, report.numFailedTestSuites > 0 || status !== 0 ? 1 : 0)
  const skipped = report.numPendingTests + report.numTodoTests
  return { passed: report.numPassedTests, again: 0, failed, skipped }
}

function browserEnvironment(): Record<string, string> {
  const chromium = findBrowser()
  return chromium ? { CHROMIUM_PATH: chromium } : {}
}

async function playwright(config: string, env: Record<string, string>, show: Show): Promise<Sum> {
  const file = join(reports, `${config.replaceAll('/', '-')}.json`)
  const args = ['test', '--config', config, '--reporter=list,json']
  const status = await run('playwright', args, { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: file }, show)
  if (!existsSync(file)) return NOTHING
  const { stats, errors } = v.parse(PlaywrightReport, JSON.parse(readFileSync(file, 'utf8')))
  const failed = Math.max(stats.unexpected, errors.length > 0 || status !== 0 ? 1 : 0)
  return { passed: stats.expected + stats.flaky, again: stats.flaky, failed, skipped: stats.skipped }
}

type Show = 'live' | 'afterwards'

/** Returns the exit code; 1 if the command did not start. */
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
