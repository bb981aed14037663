import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MockOptions } from '../_mock-cluster.ts'
import { type MockServer, startMock } from '../_mock-server.ts'
import { SITE } from '../build.ts'

/** The built page with {@link RECORDER} as its first script. */
const RECORDED_SITE = `${SITE}-recorded`

/**
 * Collects errors, and violations of the page's policy, in sessionStorage, so that they outlive a reload. Of both protocols only
 * BiDi reports errors of the page, so the page itself collects them.
 */
const RECORDER = `
const note = (text) => {
  const all = JSON.parse(sessionStorage.getItem('complaints') ?? '[]')
  sessionStorage.setItem('complaints', JSON.stringify([...all, String(text).slice(0, 500)]))
}
addEventListener('error', ({ error, message }) => error !== undefined && note(error?.stack ?? message), true)
addEventListener('unhandledrejection', ({ reason }) => note(reason?.stack ?? reason))
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
  note('policy ' + violatedDirective + ': ' + blockedURI + ' at ' + sourceFile + ':' + lineNumber))
const { error } = console
console.error = (...all) => {
  note(all.join(' '))
  error.apply(console, all)
}
`

/** Copies the built page and adds the recorder, once for all tests. */
export async function prepareSite(): Promise<void> {
  await rm(RECORDED_SITE, { recursive: true, force: true })
  await cp(SITE, RECORDED_SITE, { recursive: true })
  await writeFile(join(RECORDED_SITE, 'recorder.js'), RECORDER)
  const file = join(RECORDED_SITE, 'index.html')
  const html = await readFile(file, 'utf8')
  await writeFile(
    file,
    html.replace(
      /<meta http-equiv="Content-Security-Policy"[^>]*>/,
      '$&<script src="/recorder.js"></script>',
    ),
  )
}

/** Starts the mock server with the recording page. */
export function startServer(options: Partial<MockOptions> = {}): Promise<MockServer> {
  return startMock(RECORDED_SITE, { startMs: 500, backoffMs: 700, ...options })
}
