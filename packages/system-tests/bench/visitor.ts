/** A test visitor without a browser. It makes the page's requests and WebSocket connections, and measures them. */
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { WebSocket } from 'ws'

/** Consecutive durations in milliseconds. */
export interface Legs {
  /** From the request to the API's response. */
  readonly answered: number
  /** From there to the open WebSocket, through the gateway to the pod. */
  readonly opened: number
  /** From there to the first pong. */
  readonly pong: number
}

export interface TestVisitor {
  /** Claims a pod and waits for the first pong. For a cold start it waits only for the response, and returns no legs. */
  claim(): Promise<{ status: number; ms: number; askedAtMs: number; legs?: Legs }>
  /** When the current pod was started, ISO 8601. */
  readonly startedAt: string
  /** `detectedMs`: from the kill to its detection. `legs`: of the last attempt to fail over. */
  killAndFailOver(
    how: 'polite' | 'crash' | 'freeze',
  ): Promise<{ fromKillMs: number; detectedMs: number; tries: number; legs: Legs }>
  release(): Promise<void>
}

let visitorCount = 0

/** Each visitor has its own local address, so that the rate limits of one address do not apply. Linux only. */
export async function newTestVisitor({ port }: { readonly port: number }): Promise<TestVisitor> {
  const number = ++visitorCount
  const localAddress = `127.10.${Math.floor(number / 250)}.${1 + (number % 250)}`
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
    const sent = request(
      { host: '127.0.0.1', port, agent, method, path: `/api${path}`, headers },
      async (response) => {
        let received = ''
        for await (const chunk of response) received += chunk
        resolve({
          status: response.statusCode ?? 0,
          body: received === '' ? undefined : JSON.parse(received),
        })
      },
    )
    sent.once('error', reject)
    sent.end(text)
    return promise
  }

  /** Opens the WebSocket and waits for the first pong. @throws when it closes before. */
  async function pong(): Promise<{ openedAtMs: number; pongAtMs: number }> {
    if (!session?.socket) throw new Error(`Expected a socket, the session is ${session?.state}.`)
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    let openedAtMs = 0
    const opening = new WebSocket(`ws://127.0.0.1:${port}${session.socket.url}`, session.socket.protocols, {
      localAddress,
      headers: { host: `localhost:${port}` },
    })
    socket = opening
    opening.once('open', () => {
      openedAtMs = performance.now()
      opening.send('p,1')
    })
    opening.on('message', (data) => String(data).startsWith('p,1,') && resolve(performance.now()))
    opening.on('error', reject)
    opening.once('close', (code) => reject(new Error(`closed with ${code}`)))
    const pongAtMs = await promise
    return { openedAtMs, pongAtMs }
  }

  /** @param askedAtMs when the claim or recovery was requested. @param answeredAtMs when its response arrived. */
  async function legsTo(askedAtMs: number, answeredAtMs: number): Promise<Legs> {
    const { openedAtMs, pongAtMs } = await pong()
    return {
      answered: answeredAtMs - askedAtMs,
      opened: openedAtMs - answeredAtMs,
      pong: pongAtMs - openedAtMs,
    }
  }

  /** Fails over as the page does: when the new pod does not answer, it requests another. */
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

  // The page already has a connection to its origin when it claims.
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
      // A pod whose address was just reused may not answer yet. This visitor then fails over, as the page does.
      const legs = await legsTo(askedAtMs, performance.now()).catch(async () => (await failOver()).legs)
      return { status, ms: performance.now() - askedAtMs, askedAtMs, legs }
    },
    async killAndFailOver(how) {
      if (!socket) throw new Error('Expected an open WebSocket before a kill.')
      const detection = how === 'freeze' ? missedDeadline(socket) : terminatingOrClosed(socket)
      const killedMs = performance.now()
      if (how !== 'polite') socket.send(`die,${how}`)
      const killResponse = call('DELETE', `/session/${id}/pod?how=${how}&epoch=${session?.epoch}`)
      await detection
      const detectedAtMs = performance.now()
      const { tries, legs } = await failOver()
      const nowMs = performance.now()
      await killResponse
      return { fromKillMs: nowMs - killedMs, detectedMs: detectedAtMs - killedMs, tries, legs }
    },
    async release() {
      await call('DELETE', `/session/${id}`)
      socket?.terminate()
      agent.destroy()
    },
  }
}

function terminatingOrClosed(socket: WebSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('message', (data) => String(data).includes('terminating') && resolve())
  socket.once('close', () => resolve())
  return promise
}

/** Resolves after the time that the page needs to detect a frozen pod by missed pings, or when the socket closes. */
function missedDeadline(socket: WebSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { deadAfterPings, pingDeadlineMs, pingMs } = LIMITS
  setTimeout(resolve, pingDeadlineMs + deadAfterPings * pingMs)
  socket.once('close', () => resolve())
  return promise
}
