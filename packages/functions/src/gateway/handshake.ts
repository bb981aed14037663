/**
 * A WebSocket handshake with a pod through the gateway, as a page makes it but without a token. The pod accepts it and closes
 * it at once, so it holds no socket of the pod and starts no session there.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { CLOSE, podPath, SUBPROTOCOL } from '@warm-pods/core/socket.ts'

export type Handshake =
  | { readonly reach: 'answers' }
  | {
      /** `limited`: the gateway answered 429, so it says nothing about the pod. The others are those of the API. */
      readonly reach: 'no_answer' | 'gateway_down' | 'limited'
      /** Why, as the end of a sentence that begins with "the gateway". It contains no address. */
      readonly problem: string
    }

/** Makes one handshake with the pod at this address. It never rejects. */
export type MakeHandshake = (ip: string) => Promise<Handshake>

/**
 * A gateway answers in milliseconds, and gives up a pod that accepts no connection after 500 ms. Only a pod that accepts
 * the connection and is silent takes this long.
 */
const DEADLINE_MS = 1_500
/** How long the connection may stay open after the handshake, so that the answer to the close frame is sent. */
const LINGER_MS = 500
/** RFC 6455 section 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** An unmasked close frame with a code: FIN and opcode 8, the length, two bytes of code. RFC 6455 sections 5.2 and 5.5.1. */
const CLOSE_FRAME = 0x88
/** Codes with which a pod that serves closes a socket without a token. */
const REFUSALS: readonly number[] = [CLOSE.refused.code, CLOSE.tooManyConnections.code]

/** @param url of the gateway: ws, wss, http or https. @param deadlineMs of one handshake. */
export function gatewayHandshake(url: string, deadlineMs = DEADLINE_MS): MakeHandshake {
  const base = url.replace(/^ws/, 'http').replace(/\/$/, '')
  const send = base.startsWith('https:') ? httpsRequest : httpRequest
  return (ip) => {
    const key = randomBytes(16).toString('base64')
    const request = send(base + podPath(ip), {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
        'sec-websocket-protocol': SUBPROTOCOL,
      },
    })
    return resultOf(request, key, deadlineMs)
  }
}

function resultOf(request: ClientRequest, key: string, deadlineMs: number): Promise<Handshake> {
  const { promise, resolve } = Promise.withResolvers<Handshake>()
  let connected = false
  const settle = (result: Handshake): void => {
    clearTimeout(timer)
    resolve(result)
  }
  const end = (result: Handshake): void => {
    settle(result)
    request.destroy()
  }
  const timer = setTimeout(() => {
    const within = `within ${deadlineMs / 1_000} s`
    end(
      connected
        ? { reach: 'no_answer', problem: `got no answer from the pod ${within}` }
        : { reach: 'gateway_down', problem: `accepted no connection ${within}` },
    )
  }, deadlineMs)
  request.once('socket', (socket) => {
    const event = 'encrypted' in socket ? 'secureConnect' : 'connect'
    socket.once(event, () => {
      connected = true
    })
  })
  request.once('upgrade', (response, socket: Socket, head) => {
    if (!isWebSocketOf(response, key))
      return end({ reach: 'gateway_down', problem: 'answered the handshake with another protocol' })
    readClose(socket, head, (code) => {
      settle(
        REFUSALS.includes(code)
          ? { reach: 'answers' }
          : { reach: 'no_answer', problem: `reaches a pod that closes every socket with ${code}` },
      )
      // The pod drops the socket as soon as its close frame is answered.
      socket.end(maskedClose(code))
      setTimeout(() => socket.destroy(), LINGER_MS).unref()
    })
    socket.once('close', () => settle({ reach: 'no_answer', problem: 'lost the connection to the pod' }))
  })
  request.once('response', (response) => {
    response.resume()
    end(refusalOf(response))
  })
  request.on('error', (error) => {
    const { code = error.message }: NodeJS.ErrnoException = error
    end({
      reach: 'gateway_down',
      problem: connected ? `closed the connection (${code})` : `cannot be reached (${code})`,
    })
  })
  request.end()
  return promise
}

/** True for the pod's own answer. Another server may have its address now, or a proxy may answer in its place. */
function isWebSocketOf({ headers }: IncomingMessage, key: string): boolean {
  const accept = createHash('sha1').update(`${key}${ACCEPT_GUID}`).digest('base64')
  return headers['sec-websocket-accept'] === accept && headers['sec-websocket-protocol'] === SUBPROTOCOL
}

/** Reads the first frame. A pod sends nothing before the close frame to a peer without a token. */
function readClose(socket: Socket, head: Buffer, onCode: (code: number) => void): void {
  let received = head
  const read = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk])
    if (received.length < 4) return
    socket.off('data', read)
    onCode(received[0] === CLOSE_FRAME ? received.readUInt16BE(2) : 0)
  }
  socket.on('data', read)
  socket.on('error', () => socket.destroy())
  if (head.length > 0) read(Buffer.alloc(0))
}

/** The close frame of a client, which masks its payload (RFC 6455 section 5.3). */
function maskedClose(code: number): Buffer {
  const mask = randomBytes(4)
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return Buffer.concat([
    Buffer.from([CLOSE_FRAME, 0x82]),
    mask,
    payload.map((byte, i) => byte ^ (mask[i] ?? 0)),
  ])
}

/** What an HTTP answer in place of 101 says. */
function refusalOf({ headers, statusCode = 0 }: IncomingMessage): Handshake {
  const problem = `answered ${statusCode}`
  // The load balancer's own 502, 503 and 504 mean that it reaches no gateway.
  if (/^awselb\b/.test(String(headers.server)) || statusCode === 503)
    return { reach: 'gateway_down', problem: `${problem}: no gateway is available` }
  switch (statusCode) {
    case 404:
      return { reach: 'no_answer', problem: `${problem}: it does not take this address for a pod's` }
    case 429:
      return { reach: 'limited', problem: `${problem}: too many sockets from the API's address` }
    case 502:
      return { reach: 'no_answer', problem: `${problem}: the pod did not accept the connection` }
    case 504:
      return { reach: 'no_answer', problem: `${problem}: the pod did not answer in time` }
    default:
      return { reach: 'gateway_down', problem: `${problem} instead of opening a WebSocket` }
  }
}
