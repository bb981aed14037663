import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ErrorStatus } from './error-responses.ts'
import type { PodAddress } from './validate-upgrade.ts'

export interface ConnectOptions {
  /** Limit for the TCP connection, milliseconds. A running pod accepts or rejects it at once. */
  readonly connectTimeoutMs: number
  /** Limit for the response to the upgrade, milliseconds. A frozen pod accepts the connection and never responds. */
  readonly answerTimeoutMs: number
  readonly signal: AbortSignal
}

export type PodConnection =
  | { ok: true; pod: Socket; head: Buffer; headers: IncomingHttpHeaders }
  | { ok: false; status: ErrorStatus }

/** The visitor's headers that the pod needs. Sec-WebSocket-Extensions is left out, so no extension is negotiated. */
const FORWARDED_HEADERS = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol'] as const

/**
 * Connects to a pod and requests the upgrade with the visitor's WebSocket headers. Never rejects.
 * @returns `ok: false` with 504 after a time-out, 400 or 426 when the pod answers so, else 502.
 */
export function connectToPod(
  address: PodAddress,
  visitor: IncomingHttpHeaders,
  options: ConnectOptions,
): Promise<PodConnection> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, allowHalfOpen: true, noDelay: true, keepAlive: true })
    const fail = (status: ErrorStatus): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ ok: false, status })
    }
    let timer = setTimeout(fail, options.connectTimeoutMs, 504)
    socket.once('connect', () => {
      clearTimeout(timer)
      timer = setTimeout(fail, options.answerTimeoutMs, 504)
    })
    const headers = {
      host: 'warm-pod',
      connection: 'Upgrade',
      upgrade: 'websocket',
      ...forwardedHeaders(visitor),
    }
    const upgrade = request({ path: '/', headers, createConnection: () => socket, signal: options.signal })
    upgrade.on('upgrade', (response: IncomingMessage, _socket, head) => {
      clearTimeout(timer)
      resolve({ ok: true, pod: socket, head, headers: response.headers })
    })
    // Any other status is not a WebSocket. Nothing of such a response is forwarded.
    upgrade.on('response', ({ statusCode }) =>
      fail(statusCode === 400 || statusCode === 426 ? statusCode : 502),
    )
    upgrade.on('error', () => fail(502))
    upgrade.end()
  })
}

function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    FORWARDED_HEADERS.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
