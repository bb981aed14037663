import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { securityHeaders } from './security-headers.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}

/** Vite puts a hash of the content into these file names, so the files never change. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+(\.map)?$/
/** Minimum time between two listings of the folder. Unknown paths trigger a listing, so files of a new build are found. */
const RELIST_MS = 1_000

/**
 * Returns a request handler that serves the files of a folder. Only paths from a listing of the folder exist, so no spelling
 * of `..` can leave it. When the folder is rebuilt, the handler lists it again.
 * @param folder absolute. It may not exist yet.
 */
export function createStaticFiles(
  folder: string,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let files = new Map<string, string>()
  let listedAt = Number.NEGATIVE_INFINITY

  async function find(path: string): Promise<{ path: string; bytes: Buffer } | undefined> {
    const read = async () => {
      const file = files.get(path)
      return file === undefined ? undefined : await readFile(file).catch(() => undefined)
    }
    let bytes = await read()
    if (bytes === undefined && performance.now() - listedAt > RELIST_MS) {
      listedAt = performance.now()
      files = await list(folder)
      bytes = await read()
    }
    return bytes === undefined ? undefined : { path, bytes }
  }

  return async function staticFiles(request, response) {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return send(request, response, 405, 'text/plain; charset=utf-8', 'Expected GET or HEAD.\n')
    }
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const found = await find(path === '/' ? '/index.html' : path)
    if (found) {
      response.setHeader(
        'cache-control',
        HASHED.test(found.path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
      const type = TYPES[extname(found.path)] ?? 'application/octet-stream'
      return send(request, response, 200, type, found.bytes)
    }
    response.setHeader('cache-control', 'no-store')
    if (path === '/') {
      // Browsers load the page again after this many seconds (the Refresh header of the HTML standard).
      response.setHeader('refresh', '1')
      return send(
        request,
        response,
        503,
        'text/plain; charset=utf-8',
        'The page is still being built. It opens by itself when it is ready.\n',
      )
    }
    const notFoundPage = await find('/404.html')
    if (notFoundPage) return send(request, response, 404, TYPES['.html'] ?? '', notFoundPage.bytes)
    return send(request, response, 404, 'text/plain; charset=utf-8', 'Not found.\n')
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: Buffer | string,
): void {
  const headers = securityHeaders(type, body, request.headers.host ?? '')
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('content-type', type)
  response.setHeader('content-length', Buffer.byteLength(body))
  response.writeHead(status)
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** @returns URL path to file, for every regular file below the folder, without symbolic links and hidden files. */
async function list(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return new Map(
    entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => {
        const file = join(entry.parentPath, entry.name)
        return [`/${relative(folder, file).split(sep).join('/')}`, file]
      }),
  )
}
