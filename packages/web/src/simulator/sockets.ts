import type { PodEnd } from '@warm-pods/core/simulation/cluster.ts'
import type { Simulation } from '@warm-pods/core/simulation/simulation.ts'
import { CLOSE, formatPong, type PodMessage, parsePageMessage } from '@warm-pods/core/socket.ts'
import type { SocketHandlers, Wire } from '../probe/instrument.ts'
import type { Target } from '../probe/protocol.ts'

interface Socket {
  readonly uid: string
  readonly handlers: SocketHandlers
  /** Messages of one socket arrive in order. */
  lastMs: number
  open: boolean
}

interface Deps {
  readonly now: () => number
  /** 0 to 1. */
  readonly random: () => number
  /** Runs `act` at `atMs`. */
  readonly at: (atMs: number, act: () => void) => void
  /** Called after a socket changed the cluster. */
  readonly changed: () => void
}

/** TCP, TLS and the upgrade, without counting the way back of the last answer twice. */
const OPENING_ROUND_TRIPS = 2
/** A single round trip scatters by at most this many units of the scatter. */
const TAIL = 6

/** Sockets to simulated pods: the real protocol over a simulated network, which delays each message. */
export class SimulatedSockets {
  readonly #simulation: Simulation
  readonly #deps: Deps
  readonly #sockets = new Map<string, Socket>()

  constructor(simulation: Simulation, deps: Deps) {
    this.#simulation = simulation
    this.#deps = deps
    simulation.world.cluster.onEnd = (uid, how) => this.#podEnds(uid, how)
  }

  /** Draws one round trip of the assumed network, ms: a floor with a tail to the right, like real networks. */
  roundTripMs(): number {
    const { roundTripMs, scatterMs } = this.#simulation.assumptions
    const tail = Math.min(TAIL, -Math.log(1 - this.#deps.random()))
    return Math.max(0.2, roundTripMs - scatterMs / 2 + scatterMs * tail)
  }

  open(target: Target, handlers: SocketHandlers): Wire {
    const { cluster } = this.#simulation.world
    const ip = target.url.slice(target.url.lastIndexOf('/') + 1)
    const { now, at } = this.#deps
    const pod = cluster.at(ip)
    const socket: Socket = { uid: pod?.view.pod.uid ?? '', handlers, lastMs: now(), open: true }
    at(now() + OPENING_ROUND_TRIPS * this.roundTripMs(), () => {
      if (!socket.open) return
      // No pod answers at that address, so the browser sees the close code 1006.
      if (!pod || cluster.at(ip) !== pod) return this.#shut(socket, 1006)
      this.#sockets.set(socket.uid, socket)
      this.#simulation.plugged(socket.uid, true)
      handlers.open()
      const { uid, name, alias, node, zone, startedAt } = pod.view.pod
      this.#say(socket, {
        type: 'hello',
        uid,
        name,
        alias,
        node,
        zone,
        image: 'simulated',
        startedAt,
        epoch: target.pod,
      })
    })
    return {
      bufferedAmount: 0,
      send: (text) => this.#hear(socket, text),
      close: () => {
        socket.open = false
        if (this.#sockets.get(socket.uid) !== socket) return
        this.#sockets.delete(socket.uid)
        this.#simulation.plugged(socket.uid, false)
      },
    }
  }

  #hear(socket: Socket, text: string): void {
    const { now, at, random, changed } = this.#deps
    const { world } = this.#simulation
    const message = parsePageMessage(text)
    if (message?.type === 'ping') {
      const rttMs = this.roundTripMs()
      const frozen = () => world.cluster.find(socket.uid)?.frozen !== false
      // The ping arrives after half a round trip. A pod that is frozen by then does not read it.
      at(now() + rttMs / 2, () => {
        if (!frozen()) this.#send(socket, formatPong(message.seq, Math.round(40 + random() * 80)), rttMs / 2)
      })
    }
    if (message?.type === 'die')
      at(now() + this.roundTripMs() / 2, () => {
        if (message.how === 'freeze') world.cluster.freeze(socket.uid)
        else world.cluster.exit(socket.uid, 137, now())
        changed()
      })
  }

  #podEnds(uid: string, how: PodEnd): void {
    const socket = this.#sockets.get(uid)
    if (!socket) return
    this.#sockets.delete(uid)
    if (how === 'terminated')
      this.#say(socket, { type: 'terminating', graceMs: this.#simulation.world.limits.graceMs })
    this.#deps.at(socket.lastMs + this.roundTripMs() / 2, () =>
      this.#shut(socket, how === 'terminated' ? CLOSE.terminating.code : 1006),
    )
  }

  #say(socket: Socket, message: PodMessage): void {
    this.#send(socket, JSON.stringify(message), this.roundTripMs() / 2)
  }

  #send(socket: Socket, text: string, afterMs: number): void {
    socket.lastMs = Math.max(socket.lastMs, this.#deps.now() + afterMs)
    this.#deps.at(socket.lastMs, () => {
      if (socket.open) socket.handlers.message(text)
    })
  }

  #shut(socket: Socket, code: number): void {
    if (!socket.open) return
    socket.open = false
    socket.handlers.close(code)
  }
}
