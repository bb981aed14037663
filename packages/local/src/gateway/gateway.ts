/**
 * The gateway of `npm start`: the WebSocket proxy from a visitor to a pod, at `/pod/<address>` as the nginx of production.
 * It validates the address, forwards the handshake, and then pipes bytes.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { destroyWhenIdle, pipeUpgraded, responseHead } from '../http/upgrade.ts'
import { connectToPod } from './connect.ts'
import { type ErrorStatus, sendError, sendUpgradeError } from './error-responses.ts'
import { type PodAddress, type Resolve, validateUpgrade } from './validate-upgrade.ts'

export interface GatewayOptions {
  readonly resolve: Resolve
  /** Limit for the TCP connection to a pod, milliseconds. Default 500: a running pod accepts or rejects it at once. */
  readonly connectTimeoutMs?: number
  /** Limit for the pod's response to the upgrade, milliseconds. Default 15,000. */
  readonly answerTimeoutMs?: number
  /** A socket without traffic for this time is closed, milliseconds. Default 15,000, longer than a pod's heartbeat. */
  readonly idleMs?: number
  /** Sockets of one remote address, open or connecting. Default 8. */
  readonly maxPerAddress?: number
  /** Sockets in total. Default 1,000. */
  readonly maxSockets?: number
}

export interface Gateway extends AsyncDisposable {
  /** For the `upgrade` event of a node:http server. It answers every request; other paths get 404. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** For plain requests under `/pod/`. Answers with the error of the failed check, else with 426. */
  request(request: IncomingMessage, response: ServerResponse): void
  /** Sockets that are open or connecting. */
  readonly size: number
}

/** Disposing the gateway destroys every socket and resolves when the last one is closed. */
export function createGateway(options: GatewayOptions): Gateway {
  const { resolve, connectTimeoutMs = 500, answerTimeoutMs = 15_000, idleMs = 15_000 } = options
  const { maxPerAddress = 8, maxSockets = 1_000 } = options
  /** Both ends of every tunnel, and connections that get an error response: all that disposing must destroy. */
  const connections = new Set<Duplex>()
  /** The remote address of every connection that counts against the limits. Rejected upgrades do not count. */
  const visitors = new Map<Duplex, string>()
  const stopped = new AbortController()

  function exceededLimit(address: string): ErrorStatus | undefined {
    if (stopped.signal.aborted || visitors.size >= maxSockets) return 503
    const held = [...visitors.values()].filter((other) => other === address).length
    return held >= maxPerAddress ? 429 : undefined
  }

  function track(connection: Duplex): void {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  }

  async function openTunnel(
    visitor: Socket,
    request: IncomingMessage,
    head: Buffer,
    address: PodAddress,
  ): Promise<void> {
    const visitorGone = new AbortController()
    visitor.once('close', () => visitorGone.abort())
    const signal = AbortSignal.any([stopped.signal, visitorGone.signal])
    const timeouts = { connectTimeoutMs, answerTimeoutMs }
    const connection = await connectToPod(address, request.headers, { ...timeouts, signal })
    if (!connection.ok) return sendUpgradeError(visitor, connection.status)
    const { pod } = connection
    track(pod)
    pipeUpgraded({
      client: visitor,
      clientHead: head,
      server: pod,
      serverHead: connection.head,
      response: switchingProtocols(connection.headers),
    })
    // The visitor's own pings count as traffic, so this never detects a frozen pod.
    destroyWhenIdle(pod, visitor, idleMs)
  }

  return {
    upgrade(request, duplex, head) {
      const visitor = duplex as Socket // node:http passes the net.Socket itself; its type is the wider Duplex.
      track(visitor)
      visitor.on('error', () => visitor.destroy())
      const validation = validateUpgrade(request, resolve)
      if (!validation.ok) {
        sendUpgradeError(visitor, validation.status)
        return
      }
      const address = visitor.remoteAddress ?? ''
      const exceeded = exceededLimit(address)
      if (exceeded) {
        sendUpgradeError(visitor, exceeded)
        return
      }
      visitors.set(visitor, address)
      visitor.once('close', () => visitors.delete(visitor))
      openTunnel(visitor, request, head, validation.address)
    },
    request(request, response) {
      const validation = validateUpgrade(request, resolve)
      // A valid request arrives here when its Connection header does not contain "Upgrade".
      sendError(response, validation.ok ? 426 : validation.status)
    },
    get size() {
      return visitors.size
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      const closing = [...connections].map((connection) => {
        const closed = new Promise((done) => connection.once('close', done))
        connection.destroy()
        return closed
      })
      await Promise.all(closing)
    },
  }
}

/** The 101 response for the visitor. It contains the pod's WebSocket headers and none of its other headers. */
function switchingProtocols(headers: IncomingHttpHeaders): string {
  const forwarded = (['sec-websocket-accept', 'sec-websocket-protocol'] as const).flatMap((name) => {
    const value = headers[name]
    return value === undefined ? [] : [name, value]
  })
  return responseHead(101, ['Upgrade', 'websocket', 'Connection', 'Upgrade', ...forwarded])
}
