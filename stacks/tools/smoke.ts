/**
 * `npm run smoke -- <API> [site origin] [--cluster]`: claims a pod as a visitor does, pings it, kills it,
 * fails over, pings the next pod and releases it.
 * An asleep stage passes if the API answers `asleep`. With `--cluster` it also checks, in the cluster of the last deploy, that
 * a pod can connect to nothing and the gateway only to pods. That needs kubectl and an administrator of the cluster.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { EKSClient } from '@aws-sdk/client-eks'
import { ErrorSchema, type Session, SessionSchema } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import { formatPing, parsePong } from '@warm-pods/core/socket.ts'
import * as v from 'valibot'
import { clusterReport } from './cluster-report.ts'
import { kubectlFor } from './kubectl.ts'
import { networkProblems } from './network-check.ts'
import { lastOutputs } from './outputs.ts'

/** Time for a first node to start, and then the pods. */
const START_TIMEOUT_MS = 10 * 60_000
/** Time from opening the socket to the first pong. */
const PONG_TIMEOUT_MS = 10_000
/** Time from the kill to the end of the socket. */
const CLOSE_TIMEOUT_MS = 10_000

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { cluster: { type: 'boolean', default: false } },
})
const [api, origin] = positionals
if (api === undefined) {
  console.error(
    'The API’s URL is missing. Usage: npm run smoke -- https://api.example.com https://owner.github.io --cluster',
  )
  process.exitCode = 2
} else {
  console.log(await visit(api, origin))
  if (values.cluster) console.log(await checkNetwork())
}

/** Returns a sentence about the connections out of pods. @throws Error that lists each connection that a policy should block. */
async function checkNetwork(): Promise<string> {
  const { region, clusterName } = lastOutputs()
  if (!clusterName) return 'The stage has no cluster, so no connection out of a pod was tried.'
  const eks = new EKSClient({ region })
  try {
    const { server } = await clusterReport(eks, clusterName, new Date())
    if (!server) throw new Error(`EKS returned no endpoint of ${clusterName}.`)
    const problems = await networkProblems(kubectlFor(eks, clusterName, server, false))
    if (problems.length > 0)
      throw new Error(`The cluster does not enforce the NetworkPolicies. ${problems.join(' ')}`)
    return 'A pod can connect to nothing, and the gateway only to pods.'
  } finally {
    eks.destroy()
  }
}

/** Returns sentences about the visit. @throws Error if the claim, a start, a socket, the kill or the fail-over fails. */
async function visit(base: string, from: string | undefined): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  const path = `/session/${await sessionIdOf(secret)}`
  const call = (method: string, target: string, body?: object): Promise<Response> =>
    fetch(base.replace(/\/$/, '') + target, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const live = (session: Session) => untilLive(session, () => call('GET', path))

  const claimed = await claim(() => call('POST', '/session'))
  if (claimed === 'asleep') return 'The stage is asleep, and its API says so.'
  try {
    const first = await live(claimed)
    using connection = await connect(first, base, from)
    await sessionIn(call('DELETE', `${path}/pod?how=polite`), 'kill')
    await connection.closed
    const recover = { epoch: first.epoch, how: 'failover' }
    const second = await live(await sessionIn(call('POST', `${path}/recover`, recover), 'fail-over'))
    using next = await connect(second, base, from)
    return [
      `${nameOf(first)} answered the first ping after ${connection.firstPongMs} ms, and its socket closed after the kill.`,
      `The fail-over gave ${nameOf(second)}, which answered after ${next.firstPongMs} ms.`,
    ].join(' ')
  } finally {
    await call('DELETE', path)
  }
}

/** Returns the API's error. API Gateway has its own body, without a code, for a function that fails. */
function errorIn(
  status: number,
  body: unknown,
): { code: string; message: string; retryAfterMs?: number | undefined } {
  const parsed = v.safeParse(ErrorSchema, body)
  return parsed.success ? parsed.output.error : { code: `HTTP ${status}`, message: JSON.stringify(body) }
}

function nameOf({ pod, source }: Session): string {
  return `${pod?.alias ?? 'A pod'} (${source})`
}

/** Returns the session in a response. @throws Error with the API's own error. */
async function sessionIn(response: Promise<Response>, what: string): Promise<Session> {
  const { ok, status } = await response
  const body: unknown = await (await response).json()
  if (ok) return v.parse(SessionSchema, body)
  const error = errorIn(status, body)
  throw new Error(`The ${what} failed: ${error.code}, ${error.message}`)
}

/** Claims a pod, and retries after `retryAfterMs` until the deadline: a newly deployed pool is empty at first. */
async function claim(post: () => Promise<Response>): Promise<Session | 'asleep'> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const response = await post()
    const body: unknown = await response.json()
    if (response.ok) return v.parse(SessionSchema, body)
    const error = errorIn(response.status, body)
    if (error.code === 'asleep') return 'asleep'
    if (error.retryAfterMs === undefined || performance.now() > deadlineMs) {
      throw new Error(`The claim failed: ${error.code}, ${error.message}`)
    }
    await sleep(error.retryAfterMs)
  }
}

async function untilLive(first: Session, get: () => Promise<Response>): Promise<Session> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  let session = first
  while (session.state !== 'live') {
    if (session.state === 'ended' || performance.now() > deadlineMs) {
      throw new Error(`The pod did not become live: ${JSON.stringify(session.progress ?? session.endReason)}`)
    }
    await sleep(1_000)
    session = v.parse(SessionSchema, await (await get()).json())
  }
  return session
}

interface Connection extends Disposable {
  /** Milliseconds from opening the socket to the first pong. */
  readonly firstPongMs: number
  /** Resolves when the socket closes. Rejects if it is still open after {@link CLOSE_TIMEOUT_MS}. */
  readonly closed: Promise<void>
}

/** Opens the socket of a live session and waits for the first pong. @throws Error if the socket closes before, or there is no pong in time. */
async function connect(session: Session, base: string, origin: string | undefined): Promise<Connection> {
  if (!session.socket) throw new Error('The session is live but names no socket.')
  const url = new URL(session.socket.url, base)
  // If gateway and API share an origin, the session names only a path.
  url.protocol = url.protocol.replace('http', 'ws')
  const startedMs = performance.now()
  // Sends the site's Origin, as a browser would. Node's WebSocket accepts headers, unlike a browser's.
  const options = { protocols: [...session.socket.protocols], ...(origin ? { headers: { origin } } : {}) }
  const socket = new WebSocket(url, options)
  const pong = Promise.withResolvers<number>()
  const closed = Promise.withResolvers<void>()
  socket.addEventListener('open', () => socket.send(formatPing(1)))
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string' && parsePong(data)) pong.resolve(Math.round(performance.now() - startedMs))
  })
  socket.addEventListener('close', ({ code, reason }) => {
    pong.reject(new Error(`The socket closed: ${code} ${reason}`))
    closed.resolve()
  })
  return {
    firstPongMs: await within(PONG_TIMEOUT_MS, pong.promise, 'No pong'),
    get closed() {
      return within(CLOSE_TIMEOUT_MS, closed.promise, 'The socket of the killed pod did not close')
    },
    [Symbol.dispose]: () => socket.close(),
  }
}

async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  const stop = new AbortController()
  const timeout = sleep(ms, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`${what} within ${ms} ms.`)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    stop.abort()
    timeout.catch(() => {})
  }
}
