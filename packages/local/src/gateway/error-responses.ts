import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { responseHead } from '../http/upgrade.ts'

/** The gateway's errors. The statuses are those of the nginx in production. */
export const ERROR_RESPONSES = {
  400: { code: 'bad_request', message: 'This is not a WebSocket request: expected one Host and no body.' },
  404: { code: 'no_such_pod', message: 'There is no pod at this address.' },
  405: { code: 'no_such_method', message: 'Expected GET.' },
  413: { code: 'body_too_large', message: 'Expected no body.' },
  426: { code: 'upgrade_required', message: 'This is a WebSocket: expected an upgrade to version 13.' },
  429: { code: 'too_many_sockets', message: 'Too many sockets from your address.' },
  502: { code: 'pod_unreachable', message: 'The pod did not accept the connection.' },
  503: { code: 'gateway_full', message: 'The gateway accepts no more sockets now.' },
  504: { code: 'pod_timeout', message: 'The pod did not answer in time.' },
  505: { code: 'bad_version', message: 'Expected HTTP/1.1.' },
} as const

export type ErrorStatus = keyof typeof ERROR_RESPONSES

/** Answers a plain request with an error. The response contains nothing of the request. */
export function sendError(response: ServerResponse, status: ErrorStatus): void {
  const body = bodyOf(status)
  response.writeHead(status, headersOf(status, body)).end(body)
}

/** After an error response, how long the peer may take to close its side. */
const LINGER_MS = 2_000

/** Answers an upgrade request with an error on its raw connection, and closes the connection. */
export function sendUpgradeError(socket: Duplex, status: ErrorStatus): void {
  const body = bodyOf(status)
  // Without reading, the end of the peer's side would never be noticed.
  socket.resume()
  const linger = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(linger))
  socket.end(responseHead(status, Object.entries(headersOf(status, body)).flat()) + body)
}

function bodyOf(status: ErrorStatus): string {
  return JSON.stringify({ error: ERROR_RESPONSES[status] })
}

function headersOf(status: ErrorStatus, body: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    connection: 'close',
    ...(status === 405 ? { allow: 'GET' } : {}),
    ...(status === 426 ? { upgrade: 'websocket', 'sec-websocket-version': '13' } : {}),
    'content-length': String(Buffer.byteLength(body)),
  }
}
