/** The whole product on a namespace of a real cluster: the handlers, refill, tables, and the way through its nginx. */

import { setTimeout as sleep } from 'node:timers/promises'
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import type { V1JobList, V1PodList } from '@kubernetes/client-node'
import type { ErrorBody, Pool, Session } from '@warm-pods/core/api/contracts.ts'
import { OURS } from '@warm-pods/core/identity/names.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import { reconcile } from '@warm-pods/functions/refill/reconcile.ts'
import { makeServices, type Services } from '@warm-pods/functions/services.ts'
import { createGatewayProxy } from '@warm-pods/local/cluster-context/gateway-proxy.ts'
import { queueClaims } from '@warm-pods/local/dev-server/claim-queue.ts'
import { startDevServer } from '@warm-pods/local/dev-server/dev-server.ts'
import { testTables } from '../../functions/tests/_tables.ts'
import { newCaller } from '../../local/tests/_caller.ts'
import { GATEWAY_PORT, readyGateways } from './_gateway.ts'
import { type FunctionName, IMAGE } from './_kubectl.ts'
import type { TestNamespace } from './_namespace.ts'
import { until } from './_pods.ts'

export interface Deploy {
  readonly image?: string
  readonly limits?: Partial<Limits>
  /** Another API server than the cluster's own: a faulty proxy, for one. Plain HTTP. */
  readonly endpoint?: string
}

export interface Product extends AsyncDisposable {
  /** http, for page and sockets. */
  readonly site: string
  /** What the functions are from now on, as after `sst deploy`; refill is woken. */
  deploy(what: Deploy): void
  pool(): Promise<Pool>
  visitor(): Promise<Person>
  /** Polls until the four are warm and Kubernetes holds their Jobs and pods, and no other. */
  wholeAgain(patienceMs?: number): Promise<Pool>
  /** The same with the Jobs of so many visitors beside it. */
  wholeBeside(visitors: number): Promise<Pool>
}

export interface Reply {
  readonly status: number
  readonly body: Session & ErrorBody
  readonly headers: Headers
}

export interface Person {
  readonly id: string
  call(method: string, path: string, body?: unknown): Promise<Reply>
  /** Asks for the session, as the page does, until it is as it should be. */
  until(what: string, is: (session: Session) => boolean): Promise<Session>
}

/** Everyone here comes from one address. */
const ONE_ADDRESS = { liveSessionsPerAddress: 100, claimsPerAddress: 1_000, recoveriesPerAddress: 1_000 }
const EVERY_MS = 5_000

export async function startProduct(namespace: TestNamespace, first: Deploy = {}): Promise<Product> {
  const stack = new AsyncDisposableStack()
  const tables = stack.use(await testTables())
  const stop = new AbortController()
  const runs = new Set<Promise<unknown>>()
  let services = servicesOf('refill', first)
  let handle = queueClaims(servicesOf('api', first))

  function servicesOf(of: FunctionName, { endpoint, image = IMAGE, limits = {} }: Deploy): Services {
    const made = makeServices({
      ...namespace.environment(of, { image, limits: JSON.stringify({ ...ONE_ADDRESS, ...limits }) }),
      ...(endpoint === undefined ? {} : { KUBERNETES_ENDPOINT: endpoint, KUBERNETES_CA: '' }),
      AWS_REGION: 'us-east-1',
      POOL_TABLE: tables.pool,
      SESSIONS_TABLE: tables.sessions,
      DYNAMODB_ENDPOINT: tables.endpoint,
      LAMBDA_ENDPOINT: 'http://127.0.0.1:9',
    })
    return { ...made, invokeRefill: async () => wake() }
  }

  function wake(): void {
    if (stop.signal.aborted) return
    const run = reconcile(services, 20_000).finally(() => runs.delete(run))
    run.catch(() => undefined) // It has said so in the pool's own row.
    runs.add(run)
  }

  /** The schedule, twelve times as often as on AWS. */
  async function tick(): Promise<void> {
    while (!stop.signal.aborted) {
      wake()
      await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }

  const gateways = await readyGateways(namespace)
  const ways = gateways.map((host) => ({ host, port: GATEWAY_PORT }))
  const gateway = createGatewayProxy({
    current: () => ways.toSorted(() => Math.random() - 0.5),
    refresh: async () => undefined,
  })
  const devServer = await startDevServer({
    port: 0,
    page: '/nowhere',
    gateway,
    api: { name: 'api', handler: ((event: never) => handle(event)) as never, timeoutMs: 30_000 },
    onError: (_id, error) => console.error(error),
  })
  // What a test that failed has left must not be in the way of the next.
  stack.defer(async () => void (await namespace.kubectl('delete', 'jobs', '--all')))
  stack.defer(() => devServer.close())
  stack.defer(() => gateway.close())
  const ticking = tick()
  stack.defer(async () => {
    stop.abort()
    await ticking
    await Promise.allSettled(runs)
  })

  const site = `http://127.0.0.1:${devServer.port}`
  const pool = async (): Promise<Pool> => (await (await fetch(`${site}/api/pool`)).json()) as Pool

  async function namedJobs(): Promise<string> {
    const scans = [tables.pool, tables.sessions].map((TableName) =>
      tables.db.send(new ScanCommand({ TableName })),
    )
    return JSON.stringify((await Promise.all(scans)).map(({ Items = [] }) => Items))
  }

  return {
    site,
    pool,
    visitor: () => person(site),
    deploy(what) {
      services = servicesOf('refill', what)
      handle = queueClaims(servicesOf('api', what))
      wake()
    },
    wholeAgain: (patienceMs) => whole(0, patienceMs),
    wholeBeside: whole,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }

  function whole(visitors: number, patienceMs?: number): Promise<Pool> {
    const isWhole = async (): Promise<Pool | undefined> => {
      const now = await pool()
      if (!now.slots.every(({ state }) => state === 'warm') || !now.refill.healthy) return undefined
      const [jobs, pods] = await Promise.all([
        namespace.json<V1JobList>('get', 'jobs', '-l', OURS),
        namespace.json<V1PodList>('get', 'pods', '-l', OURS),
      ])
      const known = await namedJobs()
      const isClean =
        jobs.items.length === 4 + visitors &&
        pods.items.length === 4 + visitors &&
        jobs.items.every(({ metadata }) => known.includes(`"${metadata?.name}"`))
      return isClean ? now : undefined
    }
    return until('the pool to be whole, and nothing beside it', isWhole, 100, patienceMs)
  }
}

async function person(site: string): Promise<Person> {
  const { id, call } = await newCaller(site)
  return {
    id,
    call,
    until: (what, is) =>
      until(what, async () => {
        const { body, status } = await call('GET', '/session/:id')
        return status === 200 && is(body) ? body : undefined
      }),
  }
}
