/**
 * `npm test`: unit and engine tests, then the page and the whole visit in a real browser, then one line with the sum.
 * `npm test -- unit` or `npm test -- browser` runs one half.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { findBrowser } from './browser.ts'

interface Sum {
  readonly passed: number
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

const BROWSER_CONFIGS = ['packages/web/playwright.config.ts', 'packages/local/playwright.config.ts']
const reports = mkdtempSync(join(tmpdir(), 'warm-pods-test-'))
try {
  const only = process.argv[2]
  const sums = [...(only === 'browser' ? [] : [unit()]), ...(only === 'unit' ? [] : browser())]
  const total = (key: keyof Sum): number => sums.reduce((sum, part) => sum + part[key], 0)
  const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''
  if (only === undefined)
    console.log(
      '\nNot run here: npm run test:infra (the stacks, by the real SST; some minutes the first time).',
    )
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped}`)
  process.exitCode = total('failed') > 0 ? 1 : 0
} finally {
  rmSync(reports, { recursive: true, force: true })
}

function unit(): Sum {
  const file = join(reports, 'vitest.json')
  const status = run(
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    {},
  )
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
  const report = v.parse(VitestReport, JSON.parse(readFileSync(file, 'utf8')))
  // A file that does not even load fails no test: it counts as one.
  const failed = Math.max(report.numFailedTests, report.numFailedTestSuites > 0 || status !== 0 ? 1 : 0)
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests }
}

function browser(): Sum[] {
  const chromium = findBrowser()
  return BROWSER_CONFIGS.map((config, i) => {
    const file = join(reports, `playwright-${i}.json`)
    const status = run('playwright', ['test', '--config', config, '--reporter=list,json'], {
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
      ...(chromium ? { CHROMIUM_PATH: chromium } : {}),
    })
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
    const { stats, errors } = v.parse(PlaywrightReport, JSON.parse(readFileSync(file, 'utf8')))
    const failed = Math.max(stats.unexpected, errors.length > 0 || status !== 0 ? 1 : 0)
    return { passed: stats.expected + stats.flaky, failed, skipped: stats.skipped }
  })
}

function run(command: string, args: string[], env: Record<string, string>): number {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (error) console.error(`${command} did not start: ${error.message}`)
  return status ?? 1
}
