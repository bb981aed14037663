/** A visitor's HTTP: their secret, the calls that the page makes with it, and what must be true of every answer. */
import type { ErrorBody, Session } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import type { Process } from '../engines/simulated-process.ts'
import type { World } from '../world.ts'

/** Nothing came back: the request or its answer is lost, or whoever answers has died. */
export type Reply =
  | { readonly ok: true; readonly status: number; readonly session: Session | undefined }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly retryAfterMs: number }

const PATIENCE_MS = 12_000
const LOST: Reply = { ok: false, status: 0, code: 'network', retryAfterMs: 400 }

export class PageCalls {
  readonly process: Process
  readonly id: string
  readonly #world: World
  readonly #secret: string
  readonly #address: string
  /** An answer has shown a pod of it. */
  #acknowledged = false

  private constructor(o: { world: World; process: Process; secret: string; id: string; address: string }) {
    this.#world = o.world
    this.process = o.process
    this.#secret = o.secret
    this.id = o.id
    this.#address = o.address
  }

  static async open(world: World, process: Process, address: string): Promise<PageCalls> {
    const secret = Buffer.from(world.chance.hex(64), 'hex').toString('base64url')
    const id = await sessionIdOf(secret)
    world.names.visitor(id)
    return new PageCalls({ world, process, secret, id, address })
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
  connected(epoch: number): Promise<Reply> {
    return this.#call('POST', `/session/${this.id}/connected`, {
      body: { epoch, connectMs: 20, firstPongMs: 30 },
    })
  }
  recover(epoch: number, how: 'failover' | 'heal'): Promise<Reply> {
    return this.#call('POST', `/session/${this.id}/recover`, { body: { epoch, how } })
  }
  kill(how: 'polite' | 'crash' | 'freeze', epoch?: number): Promise<Reply> {
    const query = epoch === undefined ? `how=${how}` : `how=${how}&epoch=${epoch}`
    return this.#call('DELETE', `/session/${this.id}/pod`, { query })
  }
  /** Somebody else's session, with one's own secret. */
  meddle(otherId: string): Promise<Reply> {
    return this.#call('DELETE', `/session/${otherId}/pod`, { query: 'how=polite' })
  }

  async #call(method: string, path: string, more: { body?: object; query?: string } = {}): Promise<Reply> {
    const { chance, wire, loop } = this.#world
    const { lost, answerLost, twice } = wire.faults.http
    const { promise, resolve } = Promise.withResolvers<Reply>()
    const sure = this.#acknowledged
    const about = `${method} ${path}${more.query ? `?${more.query}` : ''}${more.body ? ` ${JSON.stringify(more.body)}` : ''}`
    const send = async (answers: boolean): Promise<void> => {
      const reply = await this.#ask(method, path, more, about, sure)
      if (!answers) return
      if (chance.happens(answerLost)) {
        wire.count('http answer lost')
        this.#world.note(() => `${this.id}: ${about} is answered, and the answer is lost`)
        loop.in(wire.legMs(), () => this.process.alive && resolve(LOST))
      } else loop.in(wire.legMs(), () => this.process.alive && resolve(reply))
    }
    if (chance.happens(lost)) {
      wire.count('http lost')
      this.#world.note(() => `${this.id}: ${about} never arrives`)
      loop.in(wire.legMs(), () => this.process.alive && resolve(LOST))
    } else {
      loop.in(wire.legMs(), () => send(true))
      loop.in(PATIENCE_MS, () => this.process.alive && resolve(LOST))
    }
    if (chance.happens(twice)) {
      wire.count('http twice')
      loop.in(chance.between(0, chance.pick([20, 3_000])), () => send(false))
    }
    return promise
  }

  async #ask(
    method: string,
    path: string,
    { body, query = '' }: { body?: object; query?: string },
    about: string,
    sure: boolean,
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
    this.#world.note(() => `${this.id}: ${about} is answered ${told(reply)}`)
    this.#check(reply, path, sure)
    return reply
  }

  #check(reply: Reply, path: string, sure: boolean): void {
    const { ledger, sessions } = this.#world
    const own = !path.startsWith('/session/') || path.startsWith(`/session/${this.id}`)
    ledger.check(
      reply.ok || reply.code !== 'internal',
      'bug',
      () => `${path} was answered "internal".`,
      this.id,
    )
    if (!own) {
      ledger.check(
        reply.status === 404 || reply.status >= 500,
        14,
        () => 'A stranger reached a session.',
        this.id,
      )
      return
    }
    if (!reply.ok) {
      const forgotten = sure && reply.code === 'no_session'
      ledger.check(!forgotten, 4, () => 'A session that was promised is there no more.', this.id)
      return
    }
    const { session } = reply
    if (!session) return
    // A start that finds the quota full is forgotten, and so may a second call of the same secret have been told 202.
    if (session.pod) this.#acknowledged = true
    ledger.check(
      session.id === this.id,
      4,
      () => 'A secret was answered with the session of another.',
      this.id,
    )
    const uid = session.pod?.uid
    if (uid === undefined) return
    ledger.check(
      sessions.holders.get(uid) === this.id,
      3,
      () => `Pod ${uid} was shown to a stranger.`,
      this.id,
      uid,
    )
    if (session.socket) this.#world.issued(session)
  }
}

function replyOf(status: number, body: unknown): Reply {
  if (status >= 200 && status < 300)
    return { ok: true, status, session: body === undefined ? undefined : (body as Session) }
  const { error } = (body ?? {}) as Partial<ErrorBody>
  return { ok: false, status, code: error?.code ?? 'network', retryAfterMs: error?.retryAfterMs ?? 400 }
}

function told(reply: Reply): string {
  if (!reply.ok) return `${reply.status} ${reply.code}`
  const { session } = reply
  if (!session) return String(reply.status)
  const pod = session.pod ? `, pod ${session.pod.uid}` : ''
  return `${reply.status}: ${session.state} epoch ${session.epoch}${pod}`
}
