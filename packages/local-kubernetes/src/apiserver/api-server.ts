/** The HTTP server of the API: discovery, version and health documents, and the resources. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { forbiddenToWebPages, methodNotAllowed } from '../apimachinery/status.ts'
import {
  AGGREGATED_TYPE,
  API_GROUPS,
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from './discovery.ts'
import { type Exchange, sendError, sendJson, sendText } from './exchange.ts'
import type { Api } from './handler-tools.ts'
import { KEEP_ALIVE_MS, refuseConnect, withHttpRules } from './http-rules.ts'
import { isForThisMachine } from './loopback-host.ts'
import { openApiDocument } from './openapi.ts'
import { handleResource } from './resource-handlers.ts'
import { answerReview, reviewAt } from './reviews.ts'
import { parseRoute } from './routes.ts'

// An import of node:http would read all its exports. Some of those load undici, which takes 13 MB of memory.
const { createServer } = process.getBuiltinModule('node:http')

export type ApiServerOptions = Api & { host: string; port: number; version: string }

function versionDocument(version: string): object {
  const [, major = '1', minor = '0'] = /^v(\d+)\.(\d+)/.exec(version) ?? []
  return {
    major,
    minor,
    gitVersion: version,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${process.arch}`,
  }
}

const PATHS = [
  '/api',
  '/api/v1',
  '/apis',
  ...API_GROUPS.flatMap((group) => [`/apis/${group}`, `/apis/${group}/v1`]),
  '/healthz',
  '/livez',
  '/openapi/v3',
  '/openapi/v3/api/v1',
  '/openapi/v3/apis/batch/v1',
  '/readyz',
  '/version',
]

/** The document of `/apis/<group>` or `/apis/<group>/v1`. */
function groupDocument(path: string): { body: object } | undefined {
  const group = API_GROUPS.find((name) => path === `/apis/${name}` || path === `/apis/${name}/v1`)
  if (group === undefined) return undefined
  return { body: path.endsWith('/v1') ? apiResourceList(group) : apiGroup(group) }
}

function openApi(path: string, version: string): { body: object } | undefined {
  const body = openApiDocument(path, version)
  return body && { body }
}

/** Returns the discovery, OpenAPI or version document of a path; undefined for every other path. */
function document(
  path: string,
  accept: string,
  options: ApiServerOptions,
): { body: object; type?: string } | undefined {
  const aggregate = /as=APIGroupDiscoveryList/.test(accept) && /v=v2[;,]|v=v2$/.test(accept)
  switch (path) {
    case '/':
      return { body: { paths: PATHS } }
    case '/version':
      return { body: versionDocument(options.version) }
    case '/api':
      if (aggregate) return { body: aggregatedDiscovery(['']), type: AGGREGATED_TYPE }
      return { body: apiVersions(`${options.host}:${options.port}`) }
    case '/apis':
      if (aggregate) return { body: aggregatedDiscovery(API_GROUPS), type: AGGREGATED_TYPE }
      return { body: apiGroupList() }
    case '/api/v1':
      return { body: apiResourceList('') }
    default:
      return groupDocument(path) ?? openApi(path, options.version)
  }
}

/**
 * Whether a web page sent the request. The engine has no authentication, so it must refuse pages in the user's browser.
 * A browser sends the page's Origin, or after DNS rebinding a foreign Host. kubectl sends neither.
 */
function isFromWebPage(request: IncomingMessage): boolean {
  return request.headers.origin !== undefined || !isForThisMachine(request)
}

async function handle(options: ApiServerOptions, exchange: Exchange): Promise<void> {
  const { path, request } = exchange
  if (isFromWebPage(request)) throw forbiddenToWebPages()
  const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path
  const health = /^\/(readyz|livez|healthz)(\/.*)?$/.test(trimmed)
  const found = health ? undefined : document(trimmed, request.headers.accept ?? '', options)
  if ((health || found) && request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed()
  const review = reviewAt(trimmed)
  if (review && request.method !== 'POST') throw methodNotAllowed()
  if (health) sendText(exchange, 200, 'ok')
  else if (review) await answerReview(exchange, review)
  else if (found) sendJson(exchange, 200, found.body, found.type)
  else if (!/^\/(api|apis\/batch)(\/|$)/.test(trimmed)) sendText(exchange, 404, '404 page not found\n')
  else await handleResource(options, exchange, parseRoute(trimmed))
}

function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const [path = '/', ...rest] = (request.url ?? '/').split('?')
  const query = new URLSearchParams(rest.join('?'))
  const warn = (text: string): void => {
    // A field name may contain characters that a header may not. They are replaced by `?`.
    response.appendHeader(
      'warning',
      `299 - "${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`,
    )
  }
  return { request, response, path, query, warn }
}

/**
 * Creates the server; the caller makes it listen. An error of a handler becomes a response and never ends the process.
 */
export function createApiServer(options: ApiServerOptions): Server {
  const server = createServer(
    withHttpRules((request, response) => {
      const exchange = exchangeOf(request, response)
      handle(options, exchange).catch((error: unknown) => sendError(exchange, error))
    }),
  )
  refuseConnect(server)
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.requestTimeout = 60_000
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
      )
  })
  return server
}
