import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isForThisMachine } from '@warm-pods/local-kubernetes/apiserver/loopback-host.ts'
import { type LoopbackServer, listenOnLoopback } from '../http/loopback.ts'
import { SERVER_NAME } from '../http/server-name.ts'
import { endWithStatus } from '../http/upgrade.ts'
import type { LambdaFunction } from '../lambda/function.ts'
import { createApi } from './api.ts'
import { createStaticFiles } from './static-files.ts'

const API_PREFIX = '/api'

export interface DevServerOptions {
  /** 0 takes a free port. */
  readonly port: number
  readonly api: LambdaFunction
  /** Folder of the built page, absolute; it may not exist yet. */
  readonly page: string
  /** Handles the visitors' WebSockets, `/pod/<address>`. */
  readonly gateway: {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
    request?: RequestListener
  }
  readonly onError: (requestId: string, error: string) => void
  readonly integrationTimeoutMs?: number
}

/**
 * Starts the one origin that the browser uses: the page at `/`, the API at `/api`, WebSockets at `/pod/…`.
 * @throws the error of `listen`, `EADDRINUSE` for a busy port.
 */
export function startDevServer(options: DevServerOptions): Promise<LoopbackServer> {
  const api = createApi({ ...options, prefix: API_PREFIX })
  const staticFiles = createStaticFiles(options.page)

  function serve(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    response.setHeader('server', SERVER_NAME)
    if (!isForThisMachine(request)) return rejectHost(response)
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (path === API_PREFIX || path.startsWith(`${API_PREFIX}/`)) return api(request, response)
    if (path.startsWith('/pod/') && options.gateway.request)
      return void options.gateway.request(request, response)
    return staticFiles(request, response)
  }

  return listenOnLoopback(options.port, {
    async onRequest(request, response) {
      try {
        await serve(request, response)
      } catch (error) {
        // A caller that disconnects during a request is normal. Anything else is a bug.
        if (!request.destroyed)
          options.onError('-', error instanceof Error ? (error.stack ?? '') : `${error}`)
        response.destroy()
      }
    },
    onUpgrade(request, socket, head) {
      if (isForThisMachine(request)) options.gateway.upgrade(request, socket, head)
      else endWithStatus(socket, 421)
    },
  })
}

/** RFC 9110 section 15.5.20: the request is for another host name. */
function rejectHost(response: ServerResponse): void {
  response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8' })
  response.end('Warm Pods answers to localhost, 127.0.0.1 and [::1] only.\n')
}
