/** Rules of HTTP/1.1 that node:http leaves to the server. Every server on this machine applies them. */
import type { IncomingMessage, RequestListener, Server } from 'node:http'

/**
 * How long a server keeps an idle connection, ms. As the nginx in `k8s/`. Node's default is 5 s. A busy client then sends a request into
 * a connection that the server has just closed, and gets "socket hang up" instead of a response.
 */
export const KEEP_ALIVE_MS = 310_000

/**
 * Checks the Host header and brings the target into the form `/path?query`. The host of a target in absolute form, as proxies
 * send it, replaces the Host header (RFC 9112 section 3.2.2). Later checks then see the host that the caller asked for.
 * @returns false for a request with several Host headers, which gets 400 (RFC 9112 section 3.2).
 */
export function applyHttpRules(request: IncomingMessage): boolean {
  const { rawHeaders } = request
  const hosts = rawHeaders.flatMap((name, i) => (i % 2 === 0 && name.toLowerCase() === 'host' ? [i] : []))
  if (hosts.length > 1) return false
  const [, authority, target] = /^http:\/\/([^/?#]*)(.*)$/is.exec(request.url ?? '') ?? []
  if (authority === undefined || target === undefined) return true
  request.url = target.startsWith('/') ? target : `/${target}`
  rawHeaders.splice(hosts[0] ?? rawHeaders.length, 2, 'Host', authority)
  request.headers.host = authority
  request.headersDistinct.host = [authority]
  return true
}

/** Returns a listener that answers 400 to a malformed request, and passes on all others. */
export function withHttpRules(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (applyHttpRules(request)) return listener(request, response)
    response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
    response.end('A request has one Host header.\n')
  }
}

/** Makes a server answer 405 to CONNECT, as nginx does. Node closes the connection without an answer. */
export function refuseConnect(server: Server): void {
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
}

/**
 * For `shouldUpgradeCallback` of a server. A server ignores an upgrade that it does not know (RFC 9110 section 7.8) and answers
 * as without it. Java's HttpClient and `curl --http2` offer `h2c` with every request.
 */
export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}
