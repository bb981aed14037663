/**
 * `npm run test:engines` tests the page in Firefox and WebKit. `-- reload` runs only the tests with that text in their name.
 * It names each engine that is not installed. A missing engine is a failure only in CI. However it ends, it leaves no browser,
 * driver, virtual screen or profile: SIGINT, SIGTERM and SIGHUP abort the tests.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { ENGINES } from './_engines.ts'
import { runAndClear } from './_run.ts'
import { prepareSites } from './_server.ts'

const Report = v.object({
  numFailedTestSuites: v.number(),
  testResults: v.array(
    v.object({
      assertionResults: v.array(v.object({ ancestorTitles: v.array(v.string()), status: v.string() })),
    }),
  ),
})

const folder = mkdtempSync(join(tmpdir(), 'warm-pods-engines-'))
const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort(signal))
try {
  process.exitCode = await main(process.argv.slice(2))
} finally {
  rmSync(folder, { recursive: true })
}

/** @returns the exit code. */
async function main(names: readonly string[]): Promise<number> {
  // In this process and not in vitest's, which would set NODE_ENV to "test" and so build a page for development.
  await prepareSites()
  const file = join(folder, 'report.json')
  const status = await runAndClear(
    'vitest',
    [
      ...['run', '--config', fileURLToPath(new URL('vitest.config.ts', import.meta.url))],
      ...['--reporter=verbose', '--reporter=json', `--outputFile.json=${file}`],
      ...(names.length > 0 ? ['-t', names.join(' ')] : []),
    ],
    abort.signal,
  )
  if (abort.signal.aborted || !existsSync(file)) {
    console.log(
      abort.signal.aborted ? `Stopped by ${abort.signal.reason}.` : 'The tests ended without a report.',
    )
    return 1
  }
  const report = v.parse(Report, JSON.parse(readFileSync(file, 'utf8')))
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const missing = ENGINES.filter((engine) => !engine.isInstalled())
  for (const { name, install } of missing) {
    const skipped = tests.filter(({ ancestorTitles }) => ancestorTitles[0] === name).length
    console.log(`${name} is not installed: skipped ${skipped} tests. To install it: ${install}`)
  }
  const count = (wanted: string) => tests.filter(({ status: found }) => found === wanted).length
  const failed = Math.max(count('failed'), status === 0 ? 0 : 1)
  console.log(
    `${count('passed')} passed, ${failed} failed, ${tests.length - count('passed') - count('failed')} skipped`,
  )
  return failed > 0 || (missing.length > 0 && process.env['CI'] !== undefined) ? 1 : 0
}
