/** A visitor as the load plays one: the calls and the socket of the page, with less patience and worse manners. */
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
  /** Aborted when the load is over: the visitor leaves. */
  readonly signal: AbortSignal
  /** How long a pod is held before something is done with it. */
  readonly holdMs: number
  /** A refused claim is asked again this often. */
  readonly tries: number
  /** The visitor's address, one of this machine's; without it each has another. */
  readonly from?: string
}

type Reply = { readonly status: number; readonly body: Session & ErrorBody }
type How = 'polite' | 'crash' | 'freeze'

const REQUEST_MS = 35_000
let addresses = 0

/** An address for each, so that the limits of one address do not count here; Linux has all of 127/8. */
function nextAddress(): string {
  const n = addresses++
  return `127.${20 + (Math.floor(n / 62_500) % 60)}.${Math.floor(n / 250) % 250}.${1 + (n % 250)}`
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

  /** One visit, from the claim to whatever ends it. It never throws: what goes wrong stands in the ledger. */
  async live(): Promise<void> {
    const { ledger, random, signal } = this.#options
    ledger.visitors++
    try {
      this.#id = await sessionIdOf(this.#secret)
      if (!(await this.#claim())) return
      // Twice at most: a visitor who kills for ever is another test.
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
      await this.#leave()
    } catch (error) {
      ledger.find(`A visitor met ${error instanceof Error ? error.stack : error}`)
    } finally {
      this.#vanish()
      this.#agent.destroy()
    }
  }

  async #claim(): Promise<boolean> {
    const { signal, tries } = this.#options
    for (let n = 0; n < tries && !signal.aborted; n++) {
      const reply = await this.#call('claim', 'POST', '/session')
      // A cold start that was repeated may be live by now; its audit begins with what was requested.
      const isCold = reply?.body.source === 'cold'
      if (reply?.status === 201 && !isCold) this.#acknowledge({ kind: 'claimed', epoch: 1 })
      if (reply?.status === 202) this.#acknowledge({ kind: 'requested' })
      if (reply && reply.status < 300) return this.#untilLive(reply.body)
      await this.#pause(reply?.body.error?.retryAfterMs ?? 300)
    }
    return false
  }

  async #untilLive(first: Session): Promise<boolean> {
    this.#take(first)
    const deadline = performance.now() + LIMITS.startBudgetMs
    while (performance.now() < deadline && !this.#options.signal.aborted) {
      if (this.#session?.state === 'live' && this.#session.socket) return true
      if (this.#session?.state === 'ended') return false
      await this.#pause(250)
      const reply = await this.#call('read', 'GET', '/session/:id')
      if (reply?.status === 200) this.#take(reply.body)
    }
    return false
  }

  /** @returns true once the pod has said hello. */
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
        ledger.find(`Hello came from another pod than ${session.pod?.name}`)
      ledger.sockets++
      ledger.socketsAtOnce = Math.max(ledger.socketsAtOnce, ++open)
      timer = setInterval(() => {
        ledger.pings++
        socket.send(`p,${seq++}`)
      }, LIMITS.pingMs)
      resolve(true)
    })
    socket.on('error', () => resolve(false))
    socket.once('close', () => {
      if (timer) open--
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

  /** Pings until it has been long enough, or the line is gone. */
  async #hold(): Promise<void> {
    const { holdMs, random } = this.#options
    const until = performance.now() + between(random, 0.5, 1.5) * holdMs
    while (performance.now() < until && this.#socket?.readyState === WebSocket.OPEN) {
      await this.#pause(50)
      if (this.#options.signal.aborted) return
    }
  }

  async #kill(how: How): Promise<void> {
    const epoch = this.#session?.epoch ?? 0
    if (how !== 'polite') this.#socket?.send(`die,${how}`)
    const reply = await this.#call('kill', 'DELETE', `/session/:id/pod?how=${how}&epoch=${epoch}`)
    if (reply?.status === 202) this.#acknowledge({ kind: 'killed', epoch })
    await this.#failOver()
  }

  /** As the page does: the next pod, until one says hello. */
  async #failOver(): Promise<boolean> {
    for (let n = 0; n < 8 && !this.#options.signal.aborted; n++) {
      this.#socket?.terminate()
      const epoch = this.#session?.epoch ?? 0
      const reply = await this.#call('recover', 'POST', '/session/:id/recover', { epoch, how: 'failover' })
      if (reply && reply.status < 300) {
        if (reply.body.epoch === epoch + 1) this.#acknowledge({ kind: 'replaced', epoch: epoch + 1 })
        if (!(await this.#untilLive(reply.body))) return false
        if (await this.#connect()) return true
        continue
      }
      if (reply?.status === 404 || reply?.body.error?.code === 'session_over') return false
      const now = await this.#call('read', 'GET', '/session/:id')
      if (now?.status === 200) this.#take(now.body)
      await this.#pause(reply?.body.error?.retryAfterMs ?? 300)
    }
    return false
  }

  async #extend(): Promise<void> {
    const reply = await this.#call('extend', 'POST', '/session/:id/extend')
    if (reply?.status === 200) this.#acknowledge({ kind: 'extended' })
  }

  /** Gives the pod back, and does not rest until that is acknowledged. */
  async #leave(): Promise<void> {
    this.#socket?.close(1000)
    for (let n = 0; n < 20; n++) {
      const reply = await this.#call('release', 'DELETE', '/session/:id')
      if (reply?.status === 204) return this.#acknowledge({ kind: 'ended' })
      if (reply?.status === 404) return
      await sleep(300)
    }
  }

  /** A closed tab: no goodbye, no word to the API. */
  #vanish(): void {
    this.#socket?.terminate()
  }

  #take(session: Session): void {
    this.#session = session
    this.#options.ledger.told(this.#id, session.pod)
  }

  #acknowledge(fact: Omit<Acknowledged, 'sessionId'>): void {
    this.#options.ledger.acknowledged.push({ ...fact, sessionId: this.#id })
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#options.signal }).catch(() => {})
  }

  /** One call; undefined when nobody answered. */
  #call(operation: string, method: string, path: string, body?: object): Promise<Reply | undefined> {
    const { ledger, port } = this.#options
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>()
    const text = body === undefined ? '' : JSON.stringify(body)
    ledger.asked++
    const failed = (error: Error): void => {
      ledger.unanswered(operation, error.message)
      resolve(undefined)
    }
    const asked = request(
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
      (answer) => {
        let said = ''
        answer.on('data', (chunk) => (said += chunk))
        answer.once('error', failed)
        answer.once('end', () => {
          const parsed = said === '' ? {} : JSON.parse(said)
          ledger.outcome(operation, answer.statusCode ?? 0, parsed.error?.code)
          resolve({ status: answer.statusCode ?? 0, body: parsed })
        })
      },
    )
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')))
    asked.once('error', failed)
    asked.end(text)
    return promise
  }
}

/** Sockets that are open, of all visitors. */
let open = 0
