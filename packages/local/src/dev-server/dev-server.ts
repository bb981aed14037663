import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isForThisMachine } from '@warm-pods/local-kubernetes/apiserver/loopback-host.ts'
import { type LoopbackServer, listenOnLoopback } from '../http/loopback.ts'
import type { LambdaFunction } from '../lambda/function.ts'
import { createApi } from './api.ts'
import { createStaticFiles } from './static-files.ts'

const API_PREFIX = '/api'
/** Tells another start, which finds our port taken, who has it. */
export const SERVER_NAME = 'warm-pods'

export interface FrontOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly api: LambdaFunction
  /** Folder of the built page, absolute; it may not exist yet. */
  readonly page: string
  /** Takes over the sockets of visitors, `/pod/<address>`. */
  readonly gateway: {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
    request?: RequestListener
  }
  readonly onError: (requestId: string, error: string) => void
  readonly integrationTimeoutMs?: number
}

/** One origin for everything a browser needs: the page at `/`, the API at `/api`, sockets at `/pod/…`. */
export function startFront(options: FrontOptions): Promise<LoopbackServer> {
  const api = createApi({ ...options, prefix: API_PREFIX })
  const staticFiles = createStaticFiles(options.page)

  function serve(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    response.setHeader('server', SERVER_NAME)
    if (!isForThisMachine(request)) return refuseHost(response)
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
        // Callers who hang up while we read are not worth a line; anything else is a bug of ours.
        if (!request.destroyed)
          options.onError('-', error instanceof Error ? (error.stack ?? '') : `${error}`)
        response.destroy()
      }
    },
    onUpgrade(request, socket, head) {
      if (isForThisMachine(request)) options.gateway.upgrade(request, socket, head)
      else socket.end('HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    },
  })
}

/** RFC 9110 section 15.5.20: this server does not answer for that name. */
function refuseHost(response: ServerResponse): void {
  response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8' })
  response.end('Warm Pods answers to localhost, 127.0.0.1 and [::1] only.\n')
}
