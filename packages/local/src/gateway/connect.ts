import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { RefusalStatus } from './error-responses.ts'
import type { PodAddress } from './validate-upgrade.ts'

export interface DialOptions {
  /** What TCP may take; a pod that was there a moment ago answers or refuses at once. */
  readonly connectTimeoutMs: number
  /** What the answer to the upgrade may take; a frozen pod connects and then says nothing. */
  readonly answerTimeoutMs: number
  readonly signal: AbortSignal
}

export type Dialled =
  | { ok: true; pod: Socket; head: Buffer; headers: IncomingHttpHeaders }
  | { ok: false; status: RefusalStatus }

/** What of the visitor's request the pod needs to see. No extensions: none is to be agreed upon. */
const PASSED_ON = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol'] as const

/** Connects to a pod and asks it to upgrade in the visitor's name. Never rejects. */
export function dial(
  address: PodAddress,
  visitor: IncomingHttpHeaders,
  options: DialOptions,
): Promise<Dialled> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, allowHalfOpen: true, noDelay: true, keepAlive: true })
    const fail = (status: RefusalStatus): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ ok: false, status })
    }
    let timer = setTimeout(fail, options.connectTimeoutMs, 504)
    socket.once('connect', () => {
      clearTimeout(timer)
      timer = setTimeout(fail, options.answerTimeoutMs, 504)
    })
    const headers = { host: 'warm-pod', connection: 'Upgrade', upgrade: 'websocket', ...passedOn(visitor) }
    const asked = request({ path: '/', headers, createConnection: () => socket, signal: options.signal })
    asked.on('upgrade', (answer: IncomingMessage, _socket, head) => {
      clearTimeout(timer)
      resolve({ ok: true, pod: socket, head, headers: answer.headers })
    })
    // Anything but 101 is no WebSocket, whoever answered: nothing of it is passed on.
    asked.on('response', ({ statusCode }) =>
      fail(statusCode === 400 || statusCode === 426 ? statusCode : 502),
    )
    asked.on('error', () => fail(502))
    asked.end()
  })
}

function passedOn(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
