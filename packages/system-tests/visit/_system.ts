import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ErrorBody, Pool, Session } from '@warm-pods/core/api/contracts.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import type { Work } from '@warm-pods/core/state/work.ts'
import { kubernetes } from '@warm-pods/functions/kubernetes/adapter.ts'
import { reconcile } from '@warm-pods/functions/refill/reconcile.ts'
import { makeServices, type Services } from '@warm-pods/functions/services.ts'
import { queueClaims } from '@warm-pods/local/dev-server/claim-queue.ts'
import { startDevServer } from '@warm-pods/local/dev-server/dev-server.ts'
import { createGateway } from '@warm-pods/local/gateway/gateway.ts'
import { startKubernetes } from '@warm-pods/local-kubernetes/engine.ts'
import { podEndpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'
import { WebSocket } from 'ws'
import { testTables } from '../../functions/tests/_tables.ts'
import { newCaller } from '../../local/tests/_caller.ts'

const POD = fileURLToPath(import.meta.resolve('@warm-pods/pod/main.ts'))
const IMAGE = 'warm-pods/pod:test'
const NAMESPACE = 'warm-pods'

export interface TestSystem extends AsyncDisposable {
  readonly site: string
  readonly kubernetesUrl: string
  readonly services: Services
  visitor(): Promise<Visitor>
  pool(): Promise<Pool>
  /** Polls until every slot is warm. */
  poolFull(): Promise<Pool>
  /** Requests the Kubernetes API and returns the response's JSON. */
  kube<T>(path: string, init?: RequestInit): Promise<T>
}

interface Visitor {
  readonly id: string
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Session & ErrorBody }>
  /** Polls the session until it is in this state. */
  until(state: Session['state']): Promise<Session>
  connect(session: Session): Promise<PodSocket>
}

/** A visitor's WebSocket, with all messages of the pod. */
interface PodSocket extends Disposable {
  send(message: string): void
  readonly messages: string[]
  /** @returns the pong. */
  ping(seq: number): Promise<string>
  readonly closed: Promise<{ code: number; reason: string }>
}

/** Starts everything but the page in this process: the real Kubernetes, handlers and gateway, and pods as processes. */
export async function startTestSystem(
  options: { limits?: Partial<Limits>; backOffBaseMs?: number; quota?: number } = {},
): Promise<TestSystem> {
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
    const response = await fetch(`${engine.url}${path}`, {
      ...init,
      headers: { 'content-type': 'application/json', ...init?.headers },
    })
    return (await response.json()) as T
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
  const reconciliations = new Set<Promise<unknown>>()
  const trigger = (work: Work = 'all'): void => {
    const reconciliation = reconcile(services, 20_000, work).finally(() =>
      reconciliations.delete(reconciliation),
    )
    reconciliation.catch(() => undefined)
    reconciliations.add(reconciliation)
  }
  const cluster = kubernetes(made.config, async () => '')
  const services: Services = {
    ...made,
    cluster: async () => cluster,
    invokeRefill: async (work) => trigger(work),
  }
  stack.defer(async () => {
    await Promise.allSettled(reconciliations)
  })
  const gateway = stack.use(createGateway({ resolve: (ip) => podEndpoint(ip), maxPerAddress: 100 }))
  const api = queueClaims(services)
  const devServer = await startDevServer({
    port: 0,
    page: '/nowhere',
    gateway,
    api: { name: 'api', handler: api as never, timeoutMs: 30_000 },
    onError: (_id, error) => console.error(error),
  })
  stack.defer(() => devServer.close())
  const site = `http://127.0.0.1:${devServer.port}`
  const pool = async (): Promise<Pool> => (await (await fetch(`${site}/api/pool`)).json()) as Pool
  trigger()
  return {
    site,
    kubernetesUrl: engine.url,
    services,
    kube,
    pool,
    visitor: () => makeVisitor(site),
    poolFull: () =>
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

async function connect(site: string, session: Session): Promise<PodSocket> {
  if (!session.socket) throw new Error(`Expected a socket, the session is ${session.state}.`)
  const socket = new WebSocket(`${site.replace('http', 'ws')}${session.socket.url}`, session.socket.protocols)
  const messages: string[] = []
  socket.on('message', (data) => messages.push(String(data)))
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  await once(socket, 'open')
  return {
    send: (message) => socket.send(message),
    messages,
    closed,
    async ping(seq) {
      socket.send(`p,${seq}`)
      return eventually(async () => messages.find((text) => text.startsWith(`p,${seq},`)))
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}

/** Polls until `read` returns a value. @throws an error after 30 s. */
export async function eventually<T>(read: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const value = await read()
    if (value !== undefined) return value
    if (performance.now() > deadline) throw new Error('Waited 30 s for a value.')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
