import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HANDSHAKE_ERRORS } from '@warm-pods/core/socket.ts'
import { responseHead } from '../http/upgrade.ts'

export type ErrorStatus = keyof typeof HANDSHAKE_ERRORS

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
  const { code, message } = HANDSHAKE_ERRORS[status]
  return JSON.stringify({ error: { code, message } })
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
