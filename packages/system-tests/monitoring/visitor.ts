/** The visitor of the scripted visit. It counts its own requests and messages, for comparison with the metrics. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { TOKEN_PREFIX } from '@warm-pods/core/socket.ts'
import { WebSocket } from 'ws'
import { type Caller, newCaller } from '../../local/tests/_caller.ts'

export type KillOption = 'polite' | 'crash' | 'freeze'

const PATIENCE_MS = 90_000
const POLL_MS = 100

export class Visitor {
  readonly #caller: Caller
  readonly #gateway: string
  #socket: WebSocket | undefined
  #seq = 0
  /** Messages on the socket to the present pod: pings, and answers with the greeting of each socket. */
  sent = 0
  received = 0
  session: Session

  private constructor(caller: Caller, gateway: string, session: Session) {
    this.#caller = caller
    this.#gateway = gateway
    this.session = session
  }

  /**
   * Claims a pod, waits until it is there, and connects.
   * @param gateway the origin of the WebSockets, `ws://…`.
   * @param onContention called for each answer that the other claims took all warm pods.
   * @throws Error for a claim that is refused.
   */
  static async claim(site: string, gateway: string, onContention: () => void): Promise<Visitor> {
    const caller = await newCaller(site)
    let reply = await caller.call('POST', '/session')
    for (; reply.body.error?.code === 'contention'; reply = await caller.call('POST', '/session')) {
      onContention()
      await sleep(POLL_MS)
    }
    const { body, status } = reply
    if (status > 202) throw new Error(`The claim was answered with ${status}: ${body.error?.message}`)
    const visitor = new Visitor(caller, gateway, body)
    if (status === 202) await visitor.#untilLive()
    await visitor.connect()
    return visitor
  }

  /** Opens a socket to the present pod. The pod closes the one before with 4002. */
  async connect(): Promise<void> {
    const { socket } = this.session
    if (!socket) throw new Error(`Expected a socket, the session is ${this.session.state}.`)
    const path = new URL(socket.url, this.#gateway).pathname
    this.#socket = new WebSocket(`${this.#gateway}${path}`, socket.protocols)
    this.#socket.on('message', () => {
      this.received += 1
    })
    this.#socket.on('error', () => {}) // The close event follows.
    const greeting = once(this.#socket, 'message')
    await once(this.#socket, 'open')
    await greeting
  }

  /** Tries a socket with a forged token. The pod refuses it. */
  async connectWithForgedToken(): Promise<void> {
    const { socket } = this.session
    if (!socket) throw new Error(`Expected a socket, the session is ${this.session.state}.`)
    const path = new URL(socket.url, this.#gateway).pathname
    const protocols = socket.protocols.map((one) =>
      one.startsWith(TOKEN_PREFIX) ? `${one.slice(0, -1)}${one.endsWith('A') ? 'B' : 'A'}` : one,
    )
    const refused = new WebSocket(`${this.#gateway}${path}`, protocols)
    refused.on('error', () => {})
    await once(refused, 'close')
  }

  /** Sends pings, and waits for each pong. */
  async ping(times: number): Promise<void> {
    for (let count = 0; count < times; count += 1) {
      const answer = once(this.#socketOrFail(), 'message')
      this.#seq += 1
      this.sent += 1
      this.#socketOrFail().send(`p,${this.#seq}`)
      await answer
    }
  }

  /** Kills the pod and waits until its socket has closed. @returns the monotonic time of the kill, ms. */
  async kill(how: KillOption): Promise<number> {
    const socket = this.#socketOrFail()
    const closed = once(socket, 'close')
    const atMs = performance.now()
    if (how !== 'polite') socket.send(`die,${how}`)
    await this.#call('DELETE', `/session/:id/pod?how=${how}`, 202)
    await closed
    return atMs
  }

  /** Takes a warm pod, and reports the first pong as the page does. @returns the time from the kill to the pong, ms. */
  async failOver(killedAtMs: number): Promise<number> {
    const { epoch } = this.session
    this.session = await this.#call('POST', '/session/:id/recover', 201, { epoch, how: 'failover' })
    const firstPongMs = await this.#connectAndPing(killedAtMs)
    await this.#report(firstPongMs)
    return firstPongMs
  }

  /** Waits until the Job has replaced the pod, and connects to it. */
  async heal(): Promise<void> {
    const { epoch } = this.session
    this.session = await this.#call('POST', '/session/:id/recover', 202, { epoch, how: 'heal' })
    await this.#untilLive()
    await this.#connectAndPing(performance.now())
  }

  async release(): Promise<void> {
    await this.#call('DELETE', '/session/:id', 204)
    this.#socket?.terminate()
  }

  /** Reads the session, as the page does, until refill has recorded this number of heals. */
  async untilHeals(count: number): Promise<void> {
    await this.#until(`${count} heals`, ({ heals }) => heals.length >= count)
  }

  async #connectAndPing(sinceMs: number): Promise<number> {
    this.sent = 0
    this.received = 0
    await this.connect()
    await this.ping(1)
    return Math.round(performance.now() - sinceMs)
  }

  async #report(firstPongMs: number): Promise<void> {
    const { epoch } = this.session
    await this.#call('POST', '/session/:id/connected', 204, { epoch, connectMs: 1, firstPongMs })
  }

  async #untilLive(): Promise<void> {
    this.session = await this.#until('a live session', ({ state }) => state === 'live')
  }

  async #until(what: string, is: (session: Session) => boolean): Promise<Session> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const { body } = await this.#caller.call('GET', '/session/:id')
      if (is(body)) return body
      if (performance.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1_000} s for ${what}.`)
      await sleep(POLL_MS)
    }
  }

  async #call(method: string, path: string, expected: number, body?: unknown): Promise<Session> {
    const reply = await this.#caller.call(method, path, body)
    if (reply.status !== expected)
      throw new Error(`${method} ${path} was answered with ${reply.status}: ${reply.body?.error?.message}`)
    return reply.body
  }

  #socketOrFail(): WebSocket {
    if (!this.#socket) throw new Error('The visitor has no socket.')
    return this.#socket
  }
}
