/** The HTTP calls of a visitor's page, with their secret, and the checks of every response. */
import { ApiClock } from '@warm-pods/core/api/api-clock.ts'
import type { ErrorBody, PodReach, Reach, Session } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import type { Process } from '../engines/simulated-process.ts'
import type { World } from '../world.ts'

/** A response. Status 0 stands for no response: the request or its response was lost, or the Lambda died. */
export type Reply =
  | { readonly ok: true; readonly status: number; readonly session: Session | undefined }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly retryAfterMs: number }

/** A response about the way to the pod; `unknown` when the API could not check it. */
export type ReachReply =
  | { readonly reach: PodReach; readonly epoch: number }
  | { readonly reach: 'unknown'; readonly code: string }

const TIMEOUT_MS = 12_000
/** Invariant 18. */
const LEASE_ERROR_MAX_MS = 1_000
const MALFORMED_DATES = ['', '0', 'soon', 'Mon, 31 Feb 2026 00:00:00 GMT'] as const
/** The age of an answer in a cache, ms. */
const CACHED_MAX_MS = 86_400_000
const LOST: Reply = { ok: false, status: 0, code: 'network', retryAfterMs: 400 }

/** The API client of one visitor. It checks every response against the rules of the world. */
export class PageCalls {
  readonly process: Process
  readonly id: string
  readonly #world: World
  readonly #secret: string
  readonly #address: string
  /** Whether a response has shown a pod of this session. */
  #acknowledged = false
  readonly #clock = new ApiClock()
  /** The end of the lease in the last answer that had one, ms since 1970. */
  #leaseEndsAtMs = 0
  /** When that lease ends by the rest in that answer, virtual ms. */
  #leaseUntilMs = 0

  private constructor(options: {
    world: World
    process: Process
    secret: string
    id: string
    address: string
  }) {
    this.#world = options.world
    this.process = options.process
    this.#secret = options.secret
    this.id = options.id
    this.#address = options.address
  }

  static async open(world: World, process: Process, address: string): Promise<PageCalls> {
    const secret = Buffer.from(world.chance.hex(64), 'hex').toString('base64url')
    const id = await sessionIdOf(secret)
    world.names.visitor(id)
    return new PageCalls({ world, process, secret, id, address })
  }

  /** The rest of the lease by the page's clock, ms, as packages/web/src/visit/effects/lease.ts computes it. */
  leaseLeftMs(): number {
    return this.#leaseEndsAtMs - (this.#browserMs() + this.#clock.skewMs)
  }

  claim(): Promise<Reply> {
    return this.#call('POST', '/session')
  }
  read(): Promise<Reply> {
    return this.#call('GET', `/session/${this.id}`)
  }
  extend(): Promise<Reply> {
    return this.#call('POST', `/session/${this.id}/extend`)
  }
  release(): Promise<Reply> {
    return this.#call('DELETE', `/session/${this.id}`)
  }
  /** Reports times with fractions, as performance.now() of a browser gives them. */
  connected(epoch: number): Promise<Reply> {
    const { chance } = this.#world
    const body = { epoch, connectMs: chance.between(5, 40), firstPongMs: chance.between(40, 90) }
    return this.#call('POST', `/session/${this.id}/connected`, { body })
  }
  /** Asks whether the gateway reaches the session's pod. */
  async reach(): Promise<ReachReply> {
    const reply = await this.#call('GET', `/session/${this.id}/pod`)
    if (!reply.ok) return { reach: 'unknown', code: reply.code }
    return reply.session as unknown as Reach
  }
  recover(epoch: number, how: 'failover' | 'heal'): Promise<Reply> {
    this.#world.visitors.recovers(this.id, epoch)
    return this.#call('POST', `/session/${this.id}/recover`, { body: { epoch, how } })
  }
  kill(how: 'polite' | 'crash' | 'freeze', epoch?: number): Promise<Reply> {
    this.#world.visitors.kills(this.id, epoch)
    const query = epoch === undefined ? `how=${how}` : `how=${how}&epoch=${epoch}`
    return this.#call('DELETE', `/session/${this.id}/pod`, { query })
  }
  /** Requests a kill in another session with this visitor's secret. */
  unauthorisedKill(otherId: string): Promise<Reply> {
    return this.#call('DELETE', `/session/${otherId}/pod`, { query: 'how=polite' })
  }

  async #call(method: string, path: string, more: { body?: object; query?: string } = {}): Promise<Reply> {
    const { chance, wire, loop } = this.#world
    const { lost, responseLost, twice } = wire.faults.http
    const { promise, resolve } = Promise.withResolvers<Reply>()
    const isAcknowledged = this.#acknowledged
    const about = `${method} ${path}${more.query ? `?${more.query}` : ''}${more.body ? ` ${JSON.stringify(more.body)}` : ''}`
    const send = async (isDelivered: boolean): Promise<void> => {
      const reply = await this.#ask(method, path, more, about, isAcknowledged)
      if (!isDelivered) return
      if (chance.happens(responseLost)) {
        wire.count('http response lost')
        this.#world.note(() => `${this.id}: ${about} is answered, and its response is lost`)
        loop.in(wire.legMs(), () => this.process.alive && resolve(LOST))
      } else
        loop.in(wire.legMs(), () => {
          if (!this.process.alive) return
          this.#learn(reply)
          resolve(reply)
        })
    }
    if (chance.happens(lost)) {
      wire.count('http lost')
      this.#world.note(() => `${this.id}: ${about} never arrives`)
      loop.in(wire.legMs(), () => this.process.alive && resolve(LOST))
    } else {
      loop.in(wire.legMs(), () => send(true))
      loop.in(TIMEOUT_MS, () => this.process.alive && resolve(LOST))
    }
    if (chance.happens(twice)) {
      wire.count('http twice')
      loop.in(chance.between(0, chance.pick([20, 3_000])), () => send(false))
    }
    return promise
  }

  /** Learns the API's clock from an answer, as packages/web/src/visit/api.ts does, and checks the page's count of the lease. */
  #learn(reply: Reply): void {
    if (reply.status === 0 || reply.status === 502) return
    const { loop, checker } = this.#world
    const session = reply.ok ? reply.session : undefined
    const { leaseEndsAt, leaseLeftMs = 0 } = session ?? {}
    if (leaseEndsAt && leaseLeftMs > 0) {
      this.#leaseEndsAtMs = Date.parse(leaseEndsAt)
      this.#leaseUntilMs = loop.nowMs + leaseLeftMs
    }
    this.#clock.learn(this.#dateHeader(), session, this.#browserMs())
    if (this.#leaseUntilMs === 0) return
    const offMs = this.leaseLeftMs() - (this.#leaseUntilMs - loop.nowMs)
    const message = () => `The page counts the rest of its lease with an error of ${offMs} ms.`
    checker.check(Math.abs(offMs) <= LEASE_ERROR_MAX_MS, 18, message, this.id)
  }

  #browserMs(): number {
    return this.#world.wallMs() + this.process.skewMs
  }

  #dateHeader(): string | null {
    const { chance, wire } = this.#world
    const nowMs = this.#world.wallMs()
    if (!chance.happens(wire.faults.oddDates)) return new Date(nowMs).toUTCString()
    wire.count('odd Date header')
    const cached = new Date(nowMs - chance.between(0, CACHED_MAX_MS)).toUTCString()
    return chance.pick([null, ...MALFORMED_DATES, cached])
  }

  async #ask(
    method: string,
    path: string,
    { body, query = '' }: { body?: object; query?: string },
    about: string,
    isAcknowledged: boolean,
  ): Promise<Reply> {
    const headers = { authorization: `Bearer ${this.#secret}`, 'content-type': 'application/json' }
    const { status, body: answer } = await this.#world.lambdas.api({
      method,
      path,
      query,
      headers,
      address: this.#address,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const reply = replyOf(status, answer)
    this.#world.note(() => `${this.id}: ${about} is answered ${describe(reply)}`)
    this.#check(reply, path, isAcknowledged)
    return reply
  }

  #check(reply: Reply, path: string, isAcknowledged: boolean): void {
    const { checker, sessions } = this.#world
    const own = !path.startsWith('/session/') || path.startsWith(`/session/${this.id}`)
    checker.check(reply.ok || reply.code !== 'internal', 'bug', () => `${path} returned "internal".`, this.id)
    if (!own) {
      checker.check(
        reply.status === 404 || reply.status >= 500,
        14,
        () => 'A stranger changed another session.',
        this.id,
      )
      return
    }
    if (!reply.ok) {
      const isMissing = isAcknowledged && reply.code === 'no_session'
      checker.check(!isMissing, 4, () => 'A session that a response had shown no longer exists.', this.id)
      return
    }
    const { session } = reply
    if (!session || 'reach' in session) return
    // Only a response with a pod counts. A session that hits a full quota is deleted, although a second call may have
    // returned 202.
    if (session.pod) this.#acknowledged = true
    checker.check(
      session.id === this.id,
      4,
      () => 'A secret returned the session of another secret.',
      this.id,
    )
    const uid = session.pod?.uid
    if (uid === undefined) return
    checker.check(
      sessions.holders.get(uid) === this.id,
      3,
      () => `Pod ${uid} was shown to a session that does not hold it.`,
      this.id,
      uid,
    )
    this.#world.visitors.shown(this.id, session.epoch, uid)
    if (session.socket) this.#world.tokenIssued(session)
  }
}

function replyOf(status: number, body: unknown): Reply {
  if (status >= 200 && status < 300)
    return { ok: true, status, session: body === undefined ? undefined : (body as Session) }
  const { error } = (body ?? {}) as Partial<ErrorBody>
  return { ok: false, status, code: error?.code ?? 'network', retryAfterMs: error?.retryAfterMs ?? 400 }
}

function describe(reply: Reply): string {
  if (!reply.ok) return `${reply.status} ${reply.code}`
  const { session } = reply
  if (!session) return String(reply.status)
  if ('reach' in session) return `${reply.status}: ${session.reach}`
  const pod = session.pod ? `, pod ${session.pod.uid}` : ''
  return `${reply.status}: ${session.state} epoch ${session.epoch}${pod}`
}
