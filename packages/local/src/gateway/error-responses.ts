import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** What the gateway answers instead of a socket, with the statuses the nginx of production gives. */
export const REFUSALS = {
  400: { code: 'bad_request', message: 'This is no request for a WebSocket: expected one Host and no body.' },
  404: { code: 'no_such_pod', message: 'There is no pod at this address.' },
  405: { code: 'no_such_method', message: 'Expected GET.' },
  413: { code: 'body_too_large', message: 'Expected no body.' },
  426: { code: 'upgrade_required', message: 'This is a WebSocket: expected an upgrade to version 13.' },
  429: { code: 'too_many_sockets', message: 'Too many sockets from your address.' },
  502: { code: 'pod_unreachable', message: 'The pod did not take the connection.' },
  503: { code: 'gateway_full', message: 'The gateway takes no more sockets now.' },
  504: { code: 'pod_timeout', message: 'The pod did not answer in time.' },
  505: { code: 'bad_version', message: 'Expected HTTP/1.1.' },
} as const

export type RefusalStatus = keyof typeof REFUSALS

/** Answers a plain request. Nothing of the request is echoed. */
export function refuseRequest(response: ServerResponse, status: RefusalStatus): void {
  const body = bodyOf(status)
  response.writeHead(status, { ...headersOf(status), 'content-length': Buffer.byteLength(body) }).end(body)
}

/** What a refused peer may take to close its side. */
const LINGER_MS = 2_000

/** Answers a request to upgrade, on its bare connection, and closes that. */
export function refuseUpgrade(socket: Duplex, status: RefusalStatus): void {
  const body = bodyOf(status)
  const headers = Object.entries({ ...headersOf(status), 'content-length': Buffer.byteLength(body) })
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  // Read on and forget: a connection that is not read never shows that its peer has hung up.
  socket.resume()
  const linger = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(linger))
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'))
}

function bodyOf(status: RefusalStatus): string {
  return JSON.stringify({ error: REFUSALS[status] })
}

function headersOf(status: RefusalStatus): Record<string, string> {
  return {
    'content-type': 'application/json',
    connection: 'close',
    ...(status === 405 ? { allow: 'GET' } : {}),
    ...(status === 426 ? { upgrade: 'websocket', 'sec-websocket-version': '13' } : {}),
  }
}
