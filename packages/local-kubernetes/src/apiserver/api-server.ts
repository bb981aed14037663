// The HTTP server: the documents about the API itself, and below them its resources.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
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
import { isForThisMachine } from './loopback-host.ts'
import { handleResource } from './resource-handlers.ts'
import { parseRoute } from './routes.ts'
import { fromAPage, methodNotAllowed } from './status.ts'

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
  '/apis/batch',
  '/apis/batch/v1',
  '/healthz',
  '/livez',
  '/readyz',
  '/version',
]

/** The documents that are always the same; undefined for every other path. */
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
    case '/apis/batch':
      return { body: apiGroup('batch') }
    case '/apis/batch/v1':
      return { body: apiResourceList('batch') }
    default:
      return undefined
  }
}

/**
 * There is no authentication here, so no page in the owner's browser may get in: browsers name the page (Origin) or the
 * name they were given for this machine (Host, after DNS rebinding). kubectl sends neither.
 */
function isFromAPage(request: IncomingMessage): boolean {
  return request.headers.origin !== undefined || !isForThisMachine(request)
}

async function handle(options: ApiServerOptions, exchange: Exchange): Promise<void> {
  const { path, request } = exchange
  if (isFromAPage(request)) throw fromAPage()
  const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path
  const health = /^\/(readyz|livez|healthz)(\/.*)?$/.test(trimmed)
  const found = health ? undefined : document(trimmed, request.headers.accept ?? '', options)
  if ((health || found) && request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed()
  if (health) sendText(exchange, 200, 'ok')
  else if (found) sendJson(exchange, 200, found.body, found.type)
  else if (!/^\/(api|apis\/batch)(\/|$)/.test(trimmed)) sendText(exchange, 404, '404 page not found\n')
  else await handleResource(options, exchange, parseRoute(trimmed))
}

function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const [path = '/', ...rest] = (request.url ?? '/').split('?')
  const query = new URLSearchParams(rest.join('?'))
  const warn = (text: string): void => {
    // A header cannot carry everything a field name can; what it cannot, it does not say.
    response.appendHeader(
      'warning',
      `299 - "${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`,
    )
  }
  return { request, response, path, query, warn }
}

/** A server that is not listening yet. Errors of a handler become answers; none of them ends the process. */
export function createApiServer(options: ApiServerOptions): Server {
  const server = createServer((request, response) => {
    const exchange = exchangeOf(request, response)
    handle(options, exchange).catch((error: unknown) => sendError(exchange, error))
  })
  // Longer than clients keep an idle connection, so that none is closed under a request on its way.
  server.keepAliveTimeout = 120_000
  server.requestTimeout = 60_000
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
      )
  })
  return server
}
