/** A test visitor of the load: makes the page's requests and WebSocket connection, and acts at random. */
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ErrorBody, Session } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { between } from '@warm-pods/core/simulation/random.ts'
import { WebSocket } from 'ws'
import type { Acknowledged, Ledger } from './ledger.ts'

export interface VisitorOptions {
  readonly port: number
  readonly ledger: Ledger
  readonly random: () => number
  /** Aborted at the end of the load. The visitor then releases its session. */
  readonly signal: AbortSignal
  /** How long the visitor holds a pod before its next action, milliseconds. */
  readonly holdMs: number
  /** How often a failed claim is tried. */
  readonly tries: number
  /** The visitor's address, one of this machine's. Without it, each visitor has a different one. */
  readonly from?: string
}

type Reply = { readonly status: number; readonly body: Session & ErrorBody }
type KillOption = 'polite' | 'crash' | 'freeze'

const REQUEST_MS = 35_000
let addresses = 0

/** A different address for each visitor, so that rate limits do not apply. Linux only: it accepts all of 127/8. */
function nextAddress(): string {
  const number = addresses++
  const [third, fourth] = [Math.floor(number / 250) % 250, 1 + (number % 250)]
  return `127.${20 + (Math.floor(number / 62_500) % 60)}.${third}.${fourth}`
}

export class Visitor {
  readonly #options: VisitorOptions
  readonly #secret = randomBytes(32).toString('base64url')
  readonly #agent: Agent
  readonly #localAddress: string
  #id = ''
  #session: Session | undefined
  #socket: WebSocket | undefined

  constructor(options: VisitorOptions) {
    this.#options = options
    this.#localAddress = options.from ?? nextAddress()
    this.#agent = new Agent({ keepAlive: true, localAddress: this.#localAddress })
  }

  /** Makes one visit, from the claim to its end. Never throws: errors become findings in the ledger. */
  async live(): Promise<void> {
    const { ledger, random, signal } = this.#options
    ledger.visitors++
    try {
      this.#id = await sessionIdOf(this.#secret)
      if (!(await this.#claim())) return
      // Three rounds at most. Killing in a loop is tested elsewhere.
      for (let round = 0; round < 3 && !signal.aborted; round++) {
        if (!(await this.#connect()) && !(await this.#failOver())) break
        await this.#hold()
        if (signal.aborted) break
        const next = random()
        if (this.#socket?.readyState !== WebSocket.OPEN) await this.#failOver()
        else if (next < 0.45)
          await this.#kill((['polite', 'crash', 'freeze'] as const)[Math.floor(random() * 3)] ?? 'polite')
        else if (next < 0.55) await this.#extend()
        else if (next < 0.65) return this.#vanish()
        else break
      }
      await this.#release()
    } catch (error) {
      ledger.addFinding(`A visitor failed: ${error instanceof Error ? error.stack : error}`)
    } finally {
      this.#vanish()
      this.#agent.destroy()
    }
  }

  async #claim(): Promise<boolean> {
    const { signal, tries } = this.#options
    for (let n = 0; n < tries && !signal.aborted; n++) {
      const reply = await this.#call('claim', 'POST', '/session')
      // A repeated request for a cold start may return a live session. Its audit begins with `requested`.
      const isCold = reply?.body.source === 'cold'
      if (reply?.status === 201 && !isCold) this.#acknowledge({ kind: 'claimed', epoch: 1 })
      if (reply?.status === 202) this.#acknowledge({ kind: 'requested' })
      if (reply && reply.status < 300) return this.#untilLive(reply.body)
      await this.#pause(reply?.body.error?.retryAfterMs ?? 300)
    }
    return false
  }

  async #untilLive(first: Session): Promise<boolean> {
    this.#setSession(first)
    const deadline = performance.now() + LIMITS.startBudgetMs
    while (performance.now() < deadline && !this.#options.signal.aborted) {
      if (this.#session?.state === 'live' && this.#session.socket) return true
      if (this.#session?.state === 'ended') return false
      await this.#pause(250)
      const reply = await this.#call('read', 'GET', '/session/:id')
      if (reply?.status === 200) this.#setSession(reply.body)
    }
    return false
  }

  /** @returns whether the pod sent hello. */
  async #connect(): Promise<boolean> {
    const session = this.#session
    if (!session?.socket || !session.pod) return false
    const { ledger, port } = this.#options
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const askedMs = performance.now()
    const socket = new WebSocket(`ws://127.0.0.1:${port}${session.socket.url}`, session.socket.protocols, {
      localAddress: this.#localAddress,
      headers: { host: `localhost:${port}` },
      handshakeTimeout: LIMITS.openDeadlineMs,
      perMessageDeflate: false,
    })
    this.#socket = socket
    let seq = 0
    let timer: NodeJS.Timeout | undefined
    socket.on('message', (data) => {
      const text = String(data)
      if (text.startsWith('p,')) return void ledger.pongs++
      const message = JSON.parse(text)
      if (message.type !== 'hello') return
      if (message.uid !== session.pod?.uid)
        ledger.addFinding(`Hello came from another pod than ${session.pod?.name}`)
      ledger.sockets++
      ledger.socketsAtOnce = Math.max(ledger.socketsAtOnce, ++openSockets)
      timer = setInterval(() => {
        ledger.pings++
        socket.send(`p,${seq++}`)
      }, LIMITS.pingMs)
      resolve(true)
    })
    socket.on('error', () => resolve(false))
    socket.once('close', () => {
      if (timer) openSockets--
      clearInterval(timer)
      resolve(false)
    })
    if (!(await promise)) return false
    const firstPongMs = Math.round(performance.now() - askedMs)
    const report = { epoch: session.epoch, connectMs: firstPongMs, firstPongMs }
    const reply = await this.#call('connected', 'POST', '/session/:id/connected', report)
    if (reply?.status === 204) this.#acknowledge({ kind: 'connected', epoch: session.epoch })
    return true
  }

  /** Holds the pod for about `holdMs`, or until the connection closes. */
  async #hold(): Promise<void> {
    const { holdMs, random } = this.#options
    const until = performance.now() + between(random, 0.5, 1.5) * holdMs
    while (performance.now() < until && this.#socket?.readyState === WebSocket.OPEN) {
      await this.#pause(50)
      if (this.#options.signal.aborted) return
    }
  }

  async #kill(how: KillOption): Promise<void> {
    const epoch = this.#session?.epoch ?? 0
    if (how !== 'polite') this.#socket?.send(`die,${how}`)
    const reply = await this.#call('kill', 'DELETE', `/session/:id/pod?how=${how}&epoch=${epoch}`)
    if (reply?.status === 202) this.#acknowledge({ kind: 'killed', epoch })
    await this.#failOver()
  }

  /** Fails over as the page does, until a pod sends hello. @returns whether one did. */
  async #failOver(): Promise<boolean> {
    for (let n = 0; n < 8 && !this.#options.signal.aborted; n++) {
      this.#socket?.terminate()
      const epoch = this.#session?.epoch ?? 0
      const reply = await this.#call('recover', 'POST', '/session/:id/recover', { epoch, how: 'failover' })
      if (reply && reply.status < 300) {
        if (reply.body.epoch === epoch + 1) this.#acknowledge({ kind: 'replaced', epoch: epoch + 1 })
        if (!(await this.#untilLive(reply.body))) return false
        if (await this.#connect()) return true
        await this.#pause(100 * 2 ** n)
        continue
      }
      if (reply?.status === 404 || reply?.body.error?.code === 'session_over') return false
      const now = await this.#call('read', 'GET', '/session/:id')
      if (now?.status === 200) this.#setSession(now.body)
      await this.#pause(reply?.body.error?.retryAfterMs ?? 300)
    }
    return false
  }

  async #extend(): Promise<void> {
    const reply = await this.#call('extend', 'POST', '/session/:id/extend')
    if (reply?.status === 200) this.#acknowledge({ kind: 'extended' })
  }

  /** Releases the session, with retries until the API acknowledges it. */
  async #release(): Promise<void> {
    this.#socket?.close(1000)
    for (let n = 0; n < 20; n++) {
      const reply = await this.#call('release', 'DELETE', '/session/:id')
      if (reply?.status === 204) return this.#acknowledge({ kind: 'ended' })
      if (reply?.status === 404) return
      await sleep(300)
    }
  }

  /** Closes the connection without a close frame or a request, as a killed browser does. */
  #vanish(): void {
    this.#socket?.terminate()
  }

  #setSession(session: Session): void {
    this.#session = session
    this.#options.ledger.recordPod(this.#id, session.pod)
  }

  #acknowledge(fact: Omit<Acknowledged, 'sessionId'>): void {
    this.#options.ledger.acknowledged.push({ ...fact, sessionId: this.#id })
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#options.signal }).catch(() => {})
  }

  /** Makes one request. @returns undefined without a response. */
  #call(operation: string, method: string, path: string, body?: object): Promise<Reply | undefined> {
    const { ledger, port } = this.#options
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>()
    const text = body === undefined ? '' : JSON.stringify(body)
    ledger.requests++
    const failed = (error: Error): void => {
      ledger.unanswered(operation, error.message)
      resolve(undefined)
    }
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        agent: this.#agent,
        method,
        path: `/api${path.replace(':id', this.#id)}`,
        timeout: REQUEST_MS,
        headers: {
          authorization: `Bearer ${this.#secret}`,
          host: `localhost:${port}`,
          ...(text === ''
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        const status = response.statusCode ?? 0
        let received = ''
        response.on('data', (chunk) => (received += chunk))
        response.once('error', failed)
        response.once('end', () => {
          const parsed = received === '' ? {} : JSON.parse(received)
          ledger.outcome(operation, status, parsed.error?.code)
          resolve({ status, body: parsed })
        })
      },
    )
    sent.once('timeout', () => sent.destroy(new Error('no response in time')))
    sent.once('error', failed)
    sent.end(text)
    return promise
  }
}

/** Open sockets of all visitors. */
let openSockets = 0
