import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ErrorBody, Pool, Session } from '@warm-pods/core/api/contracts.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import { kubernetes } from '@warm-pods/functions/kubernetes/adapter.ts'
import { reconcile } from '@warm-pods/functions/refill/reconcile.ts'
import { makeServices, type Services } from '@warm-pods/functions/services.ts'
import { queueClaims } from '@warm-pods/local/dev-server/claim-queue.ts'
import { startFront } from '@warm-pods/local/dev-server/dev-server.ts'
import { createGateway } from '@warm-pods/local/gateway/gateway.ts'
import { startKubernetes } from '@warm-pods/local-kubernetes/engine.ts'
import { podEndpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'
import { WebSocket } from 'ws'
import { testTables } from '../../functions/tests/_tables.ts'
import { newCaller } from '../../local/tests/_caller.ts'

const POD = fileURLToPath(import.meta.resolve('@warm-pods/pod/main.ts'))
const IMAGE = 'warm-pods/pod:test'
const NAMESPACE = 'warm-pods'

export interface Whole extends AsyncDisposable {
  readonly site: string
  readonly kubernetesUrl: string
  readonly services: Services
  visitor(): Promise<Visitor>
  pool(): Promise<Pool>
  /** Polls until four slots are warm and no session has anything left to clear up. */
  wholeAgain(): Promise<Pool>
  /** A call on the Kubernetes API, as kubectl would make it. */
  kube<T>(path: string, init?: RequestInit): Promise<T>
}

export interface Visitor {
  readonly id: string
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Session & ErrorBody }>
  /** Polls the session until it is in this state. */
  until(state: Session['state']): Promise<Session>
  connect(session: Session): Promise<Line>
}

/** A visitor's socket, with everything that was said on it. */
export interface Line extends Disposable {
  readonly socket: WebSocket
  readonly said: string[]
  ping(seq: number): Promise<string>
  readonly closed: Promise<{ code: number; reason: string }>
}

/** Everything but the page, in one process: the real engines, handlers, gateway, and pods as processes. */
export async function startWhole(
  options: { limits?: Partial<Limits>; backOffBaseMs?: number; quota?: number } = {},
): Promise<Whole> {
  const stack = new AsyncDisposableStack()
  const tables = stack.use(await testTables())
  const engine = stack.use(
    await startKubernetes({
      host: '127.0.0.1',
      port: 0,
      nodeName: 'test-node',
      zone: 'test-a',
      region: 'test',
      version: 'v1.36.3',
      backOffBaseMs: options.backOffBaseMs ?? 500,
      command: ({ container }) =>
        container.image === IMAGE ? { file: process.execPath, args: [POD] } : undefined,
    }),
  )
  const kube = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const answer = await fetch(`${engine.url}${path}`, {
      ...init,
      headers: { 'content-type': 'application/json', ...init?.headers },
    })
    return (await answer.json()) as T
  }
  await kube('/api/v1/namespaces', {
    method: 'POST',
    body: JSON.stringify({ metadata: { name: NAMESPACE } }),
  })
  const quota = {
    metadata: { name: 'cap' },
    spec: { hard: { 'count/jobs.batch': String(options.quota ?? 16) } },
  }
  await kube(`/api/v1/namespaces/${NAMESPACE}/resourcequotas`, {
    method: 'POST',
    body: JSON.stringify(quota),
  })
  const made = makeServices({
    AWS_REGION: 'us-east-1',
    POOL_TABLE: tables.pool,
    SESSIONS_TABLE: tables.sessions,
    DYNAMODB_ENDPOINT: tables.endpoint,
    REFILL_FUNCTION: 'refill',
    LAMBDA_ENDPOINT: 'http://127.0.0.1:9',
    KUBERNETES_ENDPOINT: engine.url,
    CLUSTER_NAME: 'test',
    NAMESPACE,
    IMAGE,
    SITE_ORIGIN: 'http://localhost',
    LIMITS: JSON.stringify(options.limits ?? {}),
  })
  const runs = new Set<Promise<unknown>>()
  const wake = (): void => {
    const run = reconcile(services, 20_000).finally(() => runs.delete(run))
    run.catch(() => undefined)
    runs.add(run)
  }
  const cluster = kubernetes(made.config, async () => '')
  const services: Services = {
    ...made,
    cluster: async () => cluster,
    invokeRefill: async () => wake(),
  }
  stack.defer(async () => {
    await Promise.allSettled(runs)
  })
  const gateway = stack.use(createGateway({ resolve: (ip) => podEndpoint(ip), maxPerAddress: 100 }))
  const api = queueClaims(services)
  const front = await startFront({
    port: 0,
    page: '/nowhere',
    gateway,
    api: { name: 'api', handler: api as never, timeoutMs: 30_000 },
    onError: (_id, error) => console.error(error),
  })
  stack.defer(() => front.close())
  const site = `http://127.0.0.1:${front.port}`
  const pool = async (): Promise<Pool> => (await (await fetch(`${site}/api/pool`)).json()) as Pool
  wake()
  return {
    site,
    kubernetesUrl: engine.url,
    services,
    kube,
    pool,
    visitor: () => makeVisitor(site),
    wholeAgain: () =>
      eventually(async () => {
        const now = await pool()
        return now.slots.every((slot) => slot.state === 'warm') ? now : undefined
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function makeVisitor(site: string): Promise<Visitor> {
  const { id, call } = await newCaller(site)
  return {
    id,
    call,
    until: (state) =>
      eventually(async () => {
        const { body } = await call('GET', '/session/:id')
        return body.state === state ? body : undefined
      }),
    connect: (session) => connect(site, session),
  }
}

async function connect(site: string, session: Session): Promise<Line> {
  if (!session.socket) throw new Error(`Expected a socket, the session is ${session.state}.`)
  const socket = new WebSocket(`${site.replace('http', 'ws')}${session.socket.url}`, session.socket.protocols)
  const said: string[] = []
  socket.on('message', (data) => said.push(String(data)))
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  await once(socket, 'open')
  return {
    socket,
    said,
    closed,
    async ping(seq) {
      socket.send(`p,${seq}`)
      return eventually(async () => said.find((text) => text.startsWith(`p,${seq},`)))
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}

/** Asks again and again; gives up after half a minute, which means that something hangs. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error('Waited 30 s in vain.')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
