/** Page, API and gateway on origins of their own, over TLS, in front of `npm start`. */
import { createHash, X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import { extname, join, relative } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { makeCertificate } from '../tls.ts'
import { startDelayProxy } from './delay-proxy.ts'
import { WATCH_HEADLINE } from './in-page.ts'

const PORTS = { page: 4471, api: 4472, gateway: 4473 } as const
/** The servers behind the delaying proxies. */
const BEHIND = 10
export const ORIGINS = {
  page: `https://127.0.0.1:${PORTS.page}`,
  api: `https://127.0.0.1:${PORTS.api}`,
  gateway: `wss://127.0.0.1:${PORTS.gateway}`,
} as const

/** The compressed files of a page by their path in a URL. */
export type Site = ReadonlyMap<string, Buffer>

/** A connection, TLS handshake, request or socket as the server behind the proxy saw it. Times are ms since 1970. */
interface Seen {
  readonly atMs: number
  readonly call: string
}

export interface Origins extends AsyncDisposable {
  /** The round-trip time to each origin, ms. It applies to connections that are opened later. */
  rttMs: number
  /** All that the servers saw since the list was emptied. */
  readonly seen: Seen[]
  /** The base64 SHA-256 of the certificate's public key, for Chromium's `--ignore-certificate-errors-spki-list`. */
  readonly spki: string
  /** Serves these files as the page, before the API and gateway of the `npm start` with this URL. */
  use(site: Site, start: string): void
}

/** @throws Error when openssl is not installed. */
export async function startOrigins(): Promise<Origins> {
  const certificate = makeCertificate()
  const tls = { key: certificate.key, cert: certificate.cert }
  const seen: Seen[] = []
  const note = (call: string) => seen.push({ atMs: performance.timeOrigin + performance.now(), call })
  let site: Site = new Map()
  let start = ''
  const page = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
    note(`page: ${request.url}`)
    serveFile(site, request, response)
  })
  const api = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
    note(`${request.method} ${request.url}`)
    forward(start, request, response)
  })
  const gateway = createTlsServer(tls)
  gateway.on('upgrade', (request, socket, head) => {
    note('upgrade')
    socket.once('data', () => note('first ping'))
    const { hostname, port } = new URL(start)
    const far = connect(Number(port), hostname, () => {
      far.write(`${request.method} ${request.url} HTTP/1.1\r\n${rawHeaders(request)}\r\n\r\n`)
      far.write(head)
      far.setNoDelay(true)
      far.pipe(socket).pipe(far)
    })
    far.on('error', () => socket.destroy())
    socket.on('error', () => far.destroy())
  })
  const servers = [page, api, gateway]
  for (const [i, name] of Object.keys(PORTS).entries())
    servers[i]?.on('secureConnection', () => note(`${name}: TLS`))
  const ports = Object.values(PORTS)
  await Promise.all(
    servers.map(
      (server, i) =>
        new Promise<void>((resolve) => server.listen((ports[i] ?? 0) + BEHIND, '127.0.0.1', resolve)),
    ),
  )
  const proxies = await Promise.all(ports.map((port) => startDelayProxy(port, port + BEHIND)))
  return {
    get rttMs() {
      return proxies[0]?.rttMs ?? 0
    },
    set rttMs(rttMs) {
      for (const proxy of proxies) proxy.rttMs = rttMs
    },
    seen,
    spki: keyHash(certificate.cert),
    use: (nextSite, nextStart) => {
      site = nextSite
      start = nextStart
    },
    async [Symbol.asyncDispose]() {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]()
      for (const server of servers) server.close()
      await certificate[Symbol.asyncDispose]()
    },
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** Serves as GitHub Pages does: compressed, and everything cached for ten minutes. */
function serveFile(site: Site, request: Http2ServerRequest, response: Http2ServerResponse): void {
  const { pathname } = new URL(request.url, ORIGINS.page)
  const path = pathname === '/' ? '/index.html' : pathname
  const file = site.get(path)
  if (!file) return void response.writeHead(404).end()
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-encoding': 'br',
    'cache-control': 'max-age=600',
  })
  response.end(file)
}

/** Compresses the files of a built page once, so that no visit waits for that. The document watches its own headline. */
export async function compressSite(folder: string): Promise<Site> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const entries = files
    .filter((file) => file.isFile())
    .map(async ({ name, parentPath }): Promise<[string, Buffer]> => {
      const path = join(parentPath, name)
      const content = await readFile(path)
      // Before the policy of the document, which would refuse a script that it does not name.
      const watched =
        name === 'index.html'
          ? Buffer.from(content.toString().replace('<head>', `<head><script>{${WATCH_HEADLINE}}</script>`))
          : content
      return [`/${relative(folder, path)}`, brotliCompressSync(watched)]
    })
  return new Map(await Promise.all(entries))
}

/**
 * Forwards to the API. The API's own origin is that of `npm start`, so both directions exchange the page's origin for it. The
 * address of a socket gets the gateway's origin.
 */
function forward(site: string, request: Http2ServerRequest, response: Http2ServerResponse): void {
  const headers = withoutConnection(request.headers)
  if (headers.origin === ORIGINS.page) headers.origin = site
  const options = { method: request.method, headers: { ...headers, host: new URL(site).host } }
  // An earlier page asked a bare origin for `//session`.
  const path = request.url.replace(/^\/+/, '/')
  const sent = httpRequest(`${site}/api${path}`, options, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () => {
      const text = Buffer.concat(chunks)
        .toString()
        .replaceAll('"url":"/pod/', `"url":"${ORIGINS.gateway}/pod/`)
      const { 'content-length': _length, ...rest } = withoutConnection(answer.headers)
      if (rest['access-control-allow-origin'] === site) rest['access-control-allow-origin'] = ORIGINS.page
      response.writeHead(answer.statusCode ?? 502, rest)
      response.end(text)
    })
  })
  sent.on('error', () => response.writeHead(502).end())
  request.pipe(sent)
}

/** HTTP/2 forbids these headers, and HTTP/1.1 has no pseudo-headers (RFC 9113 section 8). */
function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(
    ([name]) => !name.startsWith(':') && !['connection', 'keep-alive', 'transfer-encoding'].includes(name),
  )
  return Object.fromEntries(kept)
}

function rawHeaders({ rawHeaders: raw }: IncomingMessage): string {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : [])).join('\r\n')
}

/** Returns the base64 SHA-256 of the certificate's public key. */
function keyHash(certificate: Buffer): string {
  const publicKey = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(publicKey).digest('base64')
}
