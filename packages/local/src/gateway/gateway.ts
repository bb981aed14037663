/**
 * The way from a visitor to their pod on one machine: `/pod/<address>`, as the nginx of production has it. A plain
 * upgrade proxy: it checks the address, passes the handshake on and then moves bytes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Dialled, dial } from './connect.ts'
import { type RefusalStatus, refuseRequest, refuseUpgrade } from './error-responses.ts'
import { join, switchingProtocols } from './tunnel.ts'
import { judge, type PodAddress, type Resolve } from './validate-upgrade.ts'

export interface GatewayOptions {
  readonly resolve: Resolve
  /** Default 500: a pod on this machine or network answers or refuses at once. */
  readonly connectTimeoutMs?: number
  /** How long a pod may take to answer the upgrade. Default 15,000. */
  readonly answerTimeoutMs?: number
  /** A socket on which neither side says anything this long is cut. Default 15,000, longer than a pod's heartbeat. */
  readonly idleMs?: number
  /** Sockets of one remote address, those on their way included. Default 8. */
  readonly maxPerAddress?: number
  /** Sockets in all. Default 1,000. */
  readonly maxSockets?: number
}

export interface Gateway extends AsyncDisposable {
  /** For the `upgrade` event of a node:http server: answers every one, those of other paths with 404. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** For plain requests under `/pod/`: says what was expected. */
  request(request: IncomingMessage, response: ServerResponse): void
  /** Sockets now open or on their way. */
  readonly size: number
}

/** Makes a gateway; disposing of it cuts every socket and resolves when the last is closed. */
export function createGateway(options: GatewayOptions): Gateway {
  const { resolve, connectTimeoutMs = 500, answerTimeoutMs = 15_000, idleMs = 15_000 } = options
  const { maxPerAddress = 8, maxSockets = 1_000 } = options
  /** Both ends of every tunnel, and what is being refused: all that disposing must cut. */
  const connections = new Set<Duplex>()
  /** The remote address of every connection that counts: those not refused at once. */
  const visitors = new Map<Duplex, string>()
  const stopped = new AbortController()

  function overLimit(address: string): RefusalStatus | undefined {
    if (stopped.signal.aborted || visitors.size >= maxSockets) return 503
    const held = [...visitors.values()].filter((other) => other === address).length
    return held >= maxPerAddress ? 429 : undefined
  }

  function track(connection: Duplex): void {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  }

  async function connectToPod(visitor: Socket, request: IncomingMessage, head: Buffer, to: PodAddress) {
    const gone = new AbortController()
    visitor.once('close', () => gone.abort())
    const signal = AbortSignal.any([stopped.signal, gone.signal])
    const dialled = await dial(to, request.headers, { connectTimeoutMs, answerTimeoutMs, signal })
    if (dialled.ok) open(visitor, head, dialled)
    else refuseUpgrade(visitor, dialled.status)
  }

  function open(
    visitor: Socket,
    head: Buffer,
    { pod, headers, head: podHead }: Dialled & { ok: true },
  ): void {
    track(pod)
    visitor.write(switchingProtocols(headers))
    if (podHead.length > 0) visitor.write(podHead)
    if (head.length > 0) pod.write(head)
    join(visitor, pod, idleMs)
  }

  return {
    upgrade(request, duplex, head) {
      const visitor = duplex as Socket // node:http hands over the net.Socket itself; its type says Duplex.
      track(visitor)
      visitor.on('error', () => visitor.destroy())
      const judgement = judge(request, resolve)
      if (!judgement.ok) {
        refuseUpgrade(visitor, judgement.status)
        return
      }
      const address = visitor.remoteAddress ?? ''
      const refused = overLimit(address)
      if (refused) {
        refuseUpgrade(visitor, refused)
        return
      }
      visitors.set(visitor, address)
      visitor.once('close', () => visitors.delete(visitor))
      connectToPod(visitor, request, head, judgement.address)
    },
    request(request, response) {
      const judgement = judge(request, resolve)
      // One that is fit for an upgrade did not ask for it: its Connection header lacks the word.
      refuseRequest(response, judgement.ok ? 426 : judgement.status)
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
