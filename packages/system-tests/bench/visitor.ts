/** A visitor without a browser: the calls and the socket that the page would make, and the time they take. */
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { WebSocket } from 'ws'

/** Durations in ms, one after the other; together they are the whole. */
export interface Legs {
  /** From the request until the API's answer. */
  readonly answered: number
  /** … until the socket is open: through the gateway to the pod. */
  readonly opened: number
  /** … until the first pong. */
  readonly pong: number
}

export interface Guest {
  /** POST until the first pong. A cold start is not waited for: its `ms` is that of the answer, and it has no legs. */
  claim(): Promise<{ status: number; ms: number; askedAtMs: number; legs?: Legs }>
  /** When the pod held now was started, ISO 8601. */
  readonly startedAt: string
  /** `toldMs`: from the kill until the death is known. `legs` are those of the last try to fail over. */
  dieAndFailOver(
    how: 'polite' | 'crash' | 'freeze',
  ): Promise<{ fromKillMs: number; toldMs: number; tries: number; legs: Legs }>
  leave(): Promise<void>
}

let guests = 0

/** Each has an address of their own on this machine, so that the limits of one address do not count here. */
export async function newGuest({ port }: { readonly port: number }): Promise<Guest> {
  const n = ++guests
  const localAddress = `127.10.${Math.floor(n / 250)}.${1 + (n % 250)}`
  const agent = new Agent({ keepAlive: true, localAddress })
  const secret = randomBytes(32).toString('base64url')
  const id = await sessionIdOf(secret)
  let session: Session | undefined
  let socket: WebSocket | undefined

  function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Session }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: Session }>()
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = {
      authorization: `Bearer ${secret}`,
      host: `localhost:${port}`,
      ...(text === ''
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    const asked = request(
      { host: '127.0.0.1', port, agent, method, path: `/api${path}`, headers },
      async (answer) => {
        let said = ''
        for await (const chunk of answer) said += chunk
        resolve({ status: answer.statusCode ?? 0, body: said === '' ? undefined : JSON.parse(said) })
      },
    )
    asked.once('error', reject)
    asked.end(text)
    return promise
  }

  /** Opens the line and resolves with its first pong. @throws when it closes before. */
  async function pong(): Promise<{ openedAtMs: number; pongAtMs: number }> {
    if (!session?.socket) throw new Error(`Expected a socket, the session is ${session?.state}.`)
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    let openedAtMs = 0
    const line = new WebSocket(`ws://127.0.0.1:${port}${session.socket.url}`, session.socket.protocols, {
      localAddress,
      headers: { host: `localhost:${port}` },
    })
    socket = line
    line.once('open', () => {
      openedAtMs = performance.now()
      line.send('p,1')
    })
    line.on('message', (data) => String(data).startsWith('p,1,') && resolve(performance.now()))
    line.on('error', reject)
    line.once('close', (code) => reject(new Error(`closed with ${code}`)))
    const pongAtMs = await promise
    return { openedAtMs, pongAtMs }
  }

  /** From an answer that has an address to the first pong. */
  async function legsTo(askedAtMs: number, answeredAtMs: number): Promise<Legs> {
    const { openedAtMs, pongAtMs } = await pong()
    return {
      answered: answeredAtMs - askedAtMs,
      opened: openedAtMs - answeredAtMs,
      pong: pongAtMs - openedAtMs,
    }
  }

  /** As the page: what turns out to be dead is given up for the next. */
  async function failOver(): Promise<{ tries: number; legs: Legs }> {
    for (let tries = 1; ; tries++) {
      const askedAtMs = performance.now()
      const { body, status } = await call('POST', `/session/${id}/recover`, {
        epoch: session?.epoch,
        how: 'failover',
      })
      if (status !== 201) throw new Error(`Expected to fail over, got ${status}.`)
      session = body
      const legs = await legsTo(askedAtMs, performance.now()).catch(() => undefined)
      if (legs) return { tries, legs }
    }
  }

  // The page has a connection to its origin long before anybody clicks.
  await call('GET', '/pool')
  return {
    get startedAt() {
      return session?.pod?.startedAt ?? ''
    },
    async claim() {
      const askedAtMs = performance.now()
      const { status, body } = await call('POST', '/session')
      session = body
      if (status !== 201) return { status, ms: performance.now() - askedAtMs, askedAtMs }
      // An address that was another pod's a moment ago may not answer yet: the page fails over, and so does this visitor.
      const legs = await legsTo(askedAtMs, performance.now()).catch(async () => (await failOver()).legs)
      return { status, ms: performance.now() - askedAtMs, askedAtMs, legs }
    },
    async dieAndFailOver(how) {
      if (!socket) throw new Error('Expected a line before a death.')
      const known = how === 'freeze' ? missedDeadline(socket) : goneOrTold(socket)
      const killedMs = performance.now()
      if (how !== 'polite') socket.send(`die,${how}`)
      const told = call('DELETE', `/session/${id}/pod?how=${how}&epoch=${session?.epoch}`)
      await known
      const knownMs = performance.now()
      const { tries, legs } = await failOver()
      const nowMs = performance.now()
      await told
      return { fromKillMs: nowMs - killedMs, toldMs: knownMs - killedMs, tries, legs }
    },
    async leave() {
      await call('DELETE', `/session/${id}`)
      socket?.terminate()
      agent.destroy()
    },
  }
}

function goneOrTold(socket: WebSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('message', (data) => String(data).includes('terminating') && resolve())
  socket.once('close', () => resolve())
  return promise
}

/** The page's own rule: three pings in a row that missed their deadline. */
function missedDeadline(socket: WebSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { deadAfterPings, pingDeadlineMs, pingMs } = LIMITS
  setTimeout(resolve, pingDeadlineMs + deadAfterPings * pingMs)
  socket.once('close', () => resolve())
  return promise
}
