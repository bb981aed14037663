/**
 * `npm run smoke -- <API> [site origin]`: what a visitor does, once: claims a pod, waits for it, pings it, gives it back.
 * A stage that sleeps is well when it says so.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ErrorSchema, type Session, SessionSchema } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import { formatPing, parsePong } from '@warm-pods/core/socket.ts'
import * as v from 'valibot'

/** A first node has to start, and after it the pods. */
const PATIENCE_MS = 10 * 60_000
const PONG_MS = 10_000

const [api, origin] = process.argv.slice(2)
if (api === undefined) {
  console.error('Which API? npm run smoke -- https://api.example.com https://owner.github.io')
  process.exitCode = 2
} else {
  console.log(await visit(api, origin))
}

/** @returns what happened, as a sentence. @throws Error when a visitor would have been let down. */
async function visit(base: string, from: string | undefined): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  const path = `/session/${await sessionIdOf(secret)}`
  const call = (method: string, target: string): Promise<Response> =>
    fetch(base.replace(/\/$/, '') + target, { method, headers: { authorization: `Bearer ${secret}` } })

  const claimed = await claim(() => call('POST', '/session'))
  if (claimed === 'asleep') return 'The stage is asleep, and says so.'
  try {
    const { socket, source, pod } = await untilLive(claimed, () => call('GET', path))
    if (!socket) throw new Error('A live session has no socket.')
    const url = new URL(socket.url, base)
    // A gateway that shares the API's origin is named by its path alone.
    url.protocol = url.protocol.replace('http', 'ws')
    const ms = await firstPong(url, socket.protocols, from)
    return `${pod?.alias ?? 'A pod'} (${source}) answered the first ping after ${ms} ms.`
  } finally {
    await call('DELETE', path)
  }
}

/** A pool that has just been deployed is full or empty for a while: it says when to come again. */
async function claim(post: () => Promise<Response>): Promise<Session | 'asleep'> {
  const deadlineMs = performance.now() + PATIENCE_MS
  for (;;) {
    const response = await post()
    const body: unknown = await response.json()
    if (response.ok) return v.parse(SessionSchema, body)
    const { error } = v.parse(ErrorSchema, body)
    if (error.code === 'asleep') return 'asleep'
    if (error.retryAfterMs === undefined || performance.now() > deadlineMs) {
      throw new Error(`The claim was refused: ${error.code}, ${error.message}`)
    }
    await sleep(error.retryAfterMs)
  }
}

async function untilLive(first: Session, get: () => Promise<Response>): Promise<Session> {
  const deadlineMs = performance.now() + PATIENCE_MS
  let session = first
  while (session.state !== 'live') {
    if (session.state === 'ended' || performance.now() > deadlineMs) {
      throw new Error(`The pod did not come: ${JSON.stringify(session.progress ?? session.endReason)}`)
    }
    await sleep(1_000)
    session = v.parse(SessionSchema, await (await get()).json())
  }
  return session
}

/** @returns milliseconds from opening the socket to the first pong. */
function firstPong(url: URL, protocols: readonly string[], origin: string | undefined): Promise<number> {
  const startedMs = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  // Node's own WebSocket takes headers, which a browser's does not: the gateway wants to be called from the site.
  const options = { protocols: [...protocols], ...(origin ? { headers: { origin } } : {}) }
  const socket = new WebSocket(url, options)
  const tooLong = setTimeout(() => reject(new Error(`No pong within ${PONG_MS} ms.`)), PONG_MS)
  socket.addEventListener('open', () => socket.send(formatPing(1)))
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string' && parsePong(data)) resolve(Math.round(performance.now() - startedMs))
  })
  socket.addEventListener('close', ({ code, reason }) =>
    reject(new Error(`The socket closed: ${code} ${reason}`)),
  )
  return promise.finally(() => {
    clearTimeout(tooLong)
    socket.close()
  })
}
