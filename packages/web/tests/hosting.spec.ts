import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Page } from '@playwright/test'
import { startMock } from './_mock-server.ts'
import { expect, headline, terminate, test } from './_util.ts'
import { buildSiteWith, SITE } from './build.ts'

test.use({
  userAgent:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
})
// These tests build the page with other variables, one after the other, because they share the environment.
test.describe.configure({ mode: 'serial' })

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain',
}

/** Serves a folder under a path, and 404.html for missing files, as GitHub Pages does. */
async function pages(folder: string, base: string): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://pages')
    const path = pathname.startsWith(base) ? pathname.slice(base.length) || 'index.html' : ''
    const found = await readFile(join(folder, path)).catch(() => undefined)
    const type = TYPES[found ? extname(path) : '.html'] ?? 'text/plain'
    response.writeHead(found ? 200 : 404, { 'content-type': type })
    response.end(found ?? (await readFile(join(folder, '404.html'))))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('built for GitHub Pages without a cluster, the page is the simulator under its base path, and a pod can be killed there', async ({
  page,
}) => {
  const folder = await buildSiteWith('pages', {
    VITE_BASE: '/warm-pods/',
    VITE_API_BASE: '',
    VITE_SITE_URL: 'https://someone.example',
    VITE_RELEASE: '1a2b3c4',
  })
  await using site = await pages(folder, '/warm-pods/')
  const failed: string[] = []
  page.on('response', (response) => response.status() >= 400 && failed.push(response.url()))
  await page.goto(`${site.url}?sim=7`)
  await expect(headline(page)).toContainText('You hold')
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  await expect(page.getByRole('contentinfo')).toContainText('Release 1a2b3c4')
  expect(failed).toEqual([])
  const meta = (selector: string) => page.locator(selector).getAttribute('content')
  expect(await meta('meta[property="og:image"]')).toBe('https://someone.example/warm-pods/link.png')
  expect(await page.locator('link[rel=canonical]').getAttribute('href')).toBe(
    'https://someone.example/warm-pods/',
  )
  expect((await page.request.get(`${site.url}link.png`)).headers()['content-type']).toBe('image/png')

  // The page opens the simulator by itself and shows why.
  await page.goto(site.url)
  await expect(page.getByRole('complementary', { name: 'Simulation' })).toContainText(
    'has no cluster to talk to',
  )

  await page.goto(`${site.url}deep/down/nowhere`)
  await page.getByRole('link', { name: 'Go there and hold a pod' }).click()
  await expect(page).toHaveURL(site.url)
})

test('the policy allows connections to the API, the gateway and, with a key, PostHog only', async () => {
  const policy = async (folder: string) =>
    /connect-src ([^;]*)/.exec(await readFile(join(folder, 'index.html'), 'utf8'))?.[1]
  expect(await policy(SITE)).toBe("'self'")
  const folder = await buildSiteWith('policy', {
    VITE_API_BASE: 'https://api.pods.example/v1',
    VITE_GATEWAY_URL: 'wss://gateway.pods.example',
    VITE_PUBLIC_POSTHOG_KEY: 'phc_test',
    VITE_PUBLIC_POSTHOG_HOST: 'https://eu.i.posthog.com',
  })
  expect(await policy(folder)).toBe(
    "'self' https://api.pods.example wss://api.pods.example wss://gateway.pods.example https://eu.i.posthog.com",
  )
})

test('on another origin than the API, the page claims, opens its socket and names its pod before its script runs, and never causes a CORS preflight', async ({
  page,
}) => {
  await using api = await startMock(SITE)
  const folder = await buildSiteWith('elsewhere', { VITE_API_BASE: `${api.url}/api` })
  await using site = await pages(folder, '/')
  await page.route(/assets\/index-[\w-]+\.js/, async (route) => {
    await expect.poll(() => api.calls).toEqual(['claim'])
    await expect.poll(() => api.upgrades).toBe(1)
    await expect(headline(page)).toHaveText(`You hold ${api.held()?.alias}, from a pool of 4 warm pods.`)
    await route.continue()
  })
  await page.goto(site.url)
  await expect(headline(page)).toContainText(`You hold ${api.held()?.alias}`)
  await expect.poll(() => api.calls).toContain('connected')
  expect(api.upgrades).toBe(1)
  await terminate(page, 'Delete')
  await expect(headline(page)).toContainText('Back in')
  expect(api.calls.filter((call) => call === 'claim')).toHaveLength(1)
  expect(api.calls).toEqual(expect.arrayContaining(['kill', 'recover']))
  expect(api.preflights).toBe(0)
  // A reload finds the session of its tab, and claims no other.
  await page.unrouteAll()
  await page.reload()
  await expect(headline(page)).toContainText('You hold')
  expect(api.cluster.sessions()).toHaveLength(1)
})

test('a build without a key contains no PostHog code', async ({ page, mock }) => {
  for (const name of await readdir(join(SITE, 'assets')))
    expect((await readFile(join(SITE, 'assets', name), 'utf8')).toLowerCase(), name).not.toContain('posthog')
  const elsewhere: string[] = []
  page.on('request', (request) => request.url().startsWith(mock.url) || elsewhere.push(request.url()))
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('You hold')
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  await expect(page.getByRole('switch')).toHaveCount(0)
  expect(elsewhere).toEqual([])
})

interface Counted {
  readonly event: string
  readonly properties: Record<string, unknown>
}

/** A host that records the requests of PostHog's library. */
async function fakePosthog(): Promise<{ url: string; paths: string[]; events: Counted[] } & AsyncDisposable> {
  const events: Counted[] = []
  const paths: string[] = []
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://posthog')
    if (request.method === 'POST') {
      paths.push(pathname)
      const sent = eventsOf(await bodyOf(request), searchParams.get('compression'))
      events.push(...sent)
    } else if (request.method === 'GET') paths.push(pathname)
    response.writeHead(200, {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': '*',
      'content-type': 'application/json',
    })
    response.end('{"status":1}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    events,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function eventsOf(body: Buffer, compression: string | null): Counted[] {
  const plain = compression === 'gzip-js' || body[0] === 0x1f ? gunzipSync(body).toString() : body.toString()
  const encoded = /^data=(.*)$/s.exec(plain)?.[1]
  const text = encoded ? Buffer.from(decodeURIComponent(encoded), 'base64').toString() : plain
  const parsed = JSON.parse(text)
  return Array.isArray(parsed) ? parsed : (parsed.batch ?? [parsed])
}

const ONLY = [
  '$pageview',
  'failed',
  'pod_claimed',
  'pod_terminated',
  'recovered',
  'run_exported',
  'run_shared',
]

/** A visit with every counted event that a test can cause. */
async function visitAll(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await expect(headline(page)).toContainText('You hold')
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  await page.getByRole('button', { name: 'Share this recording' }).click()
  await page.getByRole('button', { name: 'Download JSON' }).click()
  // index.html dispatches this event after an error that nothing caught.
  await page.evaluate(() => dispatchEvent(new Event('page-failed')))
}

test('with a key the page sends only the listed events, without cookies, fragments or pod names, until the switch is off', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  // PostHog ignores robots, and a browser under test identifies itself as one.
  await context.addInitScript(() => Object.defineProperty(navigator, 'webdriver', { value: false }))
  await using posthog = await fakePosthog()
  const folder = await buildSiteWith('counted', {
    VITE_PUBLIC_POSTHOG_KEY: 'phc_test',
    VITE_PUBLIC_POSTHOG_HOST: posthog.url,
  })
  await using mock = await startMock(folder, { startMs: 500, backoffMs: 700 })
  await visitAll(page, mock.url)
  const names = () => [...new Set(posthog.events.map(({ event }) => event))].sort()
  await expect.poll(names).toEqual(ONLY)
  const sent = JSON.stringify(posthog.events)
  for (const secret of [
    mock.held()?.alias,
    mock.held()?.uid,
    '#run=',
    ...mock.cluster.sessions().map(({ id }) => id),
  ])
    expect(sent).not.toContain(secret)
  expect(posthog.paths.filter((path) => !/^\/(i\/v0\/)?e\/$/.test(path))).toEqual([])
  expect(await context.cookies()).toEqual([])
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])

  await page.getByRole('switch', { name: 'Counting is on' }).click()
  const before = posthog.events.length
  await visitAll(page, mock.url)
  await expect(page.getByRole('switch', { name: 'Counting is off' })).toBeVisible()
  await page.waitForTimeout(5_000)
  expect(posthog.events.slice(before).map(({ event }) => event)).toEqual([])
})

test('a browser that asks not to be tracked is not counted, and no library is fetched for it', async ({
  page,
}) => {
  await using posthog = await fakePosthog()
  const folder = await buildSiteWith('asked', {
    VITE_PUBLIC_POSTHOG_KEY: 'phc_test',
    VITE_PUBLIC_POSTHOG_HOST: posthog.url,
  })
  await using mock = await startMock(folder, {})
  await page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }))
  const fetched: string[] = []
  page.on('request', (request) => fetched.push(request.url()))
  await page.goto(mock.url)
  await expect(headline(page)).toContainText('You hold')
  await expect(page.getByText('Your browser asks not to be tracked')).toBeVisible()
  await page.waitForTimeout(3_000)
  expect(fetched.filter((url) => /posthog/i.test(url) || url.startsWith(posthog.url))).toEqual([])
  expect(posthog.paths).toEqual([])
})
