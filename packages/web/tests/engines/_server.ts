import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { MockOptions } from '../_mock-cluster.ts'
import { type MockServer, startMock } from '../_mock-server.ts'
import buildSite, { buildSiteWith, SITE } from '../build.ts'

/** The built page with {@link RECORDER} as its first script. */
const RECORDED_SITE = `${SITE}-recorded`

/** The same for a page whose API is on another origin: port {@link API_PORT} of this machine. */
const ELSEWHERE_SITE = `${RECORDED_SITE}-elsewhere`

/** The environment variable with the port of the API that {@link ELSEWHERE_SITE} calls. */
const API_PORT = 'WARM_PODS_ENGINES_API_PORT'

const QUICK: Partial<MockOptions> = { startMs: 500, backoffMs: 700 }

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

/** Builds the pages of these tests, once for all of them. Sets {@link API_PORT} for the tests. */
export async function prepareSites(): Promise<void> {
  await buildSite()
  await copyWithRecorder(SITE, RECORDED_SITE)
  const port = String(await freePort())
  process.env[API_PORT] = port
  const site = await buildSiteWith('engines-elsewhere', { VITE_API_BASE: `http://127.0.0.1:${port}/api` })
  await copyWithRecorder(site, ELSEWHERE_SITE)
}

async function copyWithRecorder(site: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await cp(site, to, { recursive: true })
  await writeFile(join(to, 'recorder.js'), RECORDER)
  const file = join(to, 'index.html')
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
  return startMock(RECORDED_SITE, { ...QUICK, ...options })
}

/** Starts two mock servers: one serves the page, the other is its API on another origin. */
export async function startElsewhere(): Promise<{ page: MockServer; api: MockServer }> {
  const api = await startMock(ELSEWHERE_SITE, QUICK, Number(process.env[API_PORT]))
  return { page: await startMock(ELSEWHERE_SITE), api }
}

/** Returns a port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
