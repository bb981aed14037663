/** The whole product in a namespace of a real cluster: handlers, refill, tables, and sockets through its nginx. */

import { setTimeout as sleep } from 'node:timers/promises'
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import type { V1JobList, V1PodList } from '@kubernetes/client-node'
import type { ErrorBody, Pool, Session } from '@warm-pods/core/api/contracts.ts'
import { OURS } from '@warm-pods/core/identity/names.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import type { WarmSlot } from '@warm-pods/core/state/slot.ts'
import type { Work } from '@warm-pods/core/state/work.ts'
import { gatewayHandshake } from '@warm-pods/functions/gateway/handshake.ts'
import { reconcile } from '@warm-pods/functions/refill/reconcile.ts'
import { makeServices, type Services } from '@warm-pods/functions/services.ts'
import { SlotStore } from '@warm-pods/functions/store/slots.ts'
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
  /** Another API server instead of the cluster's own, such as a faulty proxy. Plain HTTP. */
  readonly endpoint?: string
}

export interface Product extends AsyncDisposable {
  /** The http URL of the API and the sockets. */
  readonly site: string
  /** Replaces the functions, as `sst deploy` does, and triggers refill. */
  deploy(what: Deploy): void
  pool(): Promise<Pool>
  visitor(): Promise<TestClient>
  /**
   * Polls until all slots are warm, and Kubernetes has exactly their Jobs and pods.
   * @throws Error when the gateway does not reach the pod of a warm slot.
   */
  wholeAgain(patienceMs?: number): Promise<Pool>
  /** The same, with the Jobs of this number of visitors in addition. */
  wholeBeside(visitors: number): Promise<Pool>
}

interface Reply {
  readonly status: number
  readonly body: Session & ErrorBody
  readonly headers: Headers
}

export interface TestClient {
  readonly id: string
  call(method: string, path: string, body?: unknown): Promise<Reply>
  /**
   * Reads the session, as the page does, until `is` accepts it.
   * @throws Error naming `what`.
   */
  until(what: string, is: (session: Session) => boolean): Promise<Session>
}

/** All test clients have one address. */
const ONE_ADDRESS = { liveSessionsPerAddress: 100, claimsPerAddress: 1_000, recoveriesPerAddress: 1_000 }
const EVERY_MS = 5_000

/** Starts the product in a namespace and triggers refill every 5 s. Disposing of it deletes all Jobs. */
export async function startProduct(namespace: TestNamespace, first: Deploy = {}): Promise<Product> {
  const stack = new AsyncDisposableStack()
  const tables = stack.use(await testTables())
  const stop = new AbortController()
  const reconciliations = new Set<Promise<unknown>>()

  function servicesOf(of: FunctionName, { endpoint, image = IMAGE, limits = {} }: Deploy): Services {
    const base = makeServices({
      ...namespace.environment(of, { image, limits: JSON.stringify({ ...ONE_ADDRESS, ...limits }) }),
      ...(endpoint === undefined ? {} : { KUBERNETES_ENDPOINT: endpoint, KUBERNETES_CA: '' }),
      AWS_REGION: 'us-east-1',
      POOL_TABLE: tables.pool,
      SESSIONS_TABLE: tables.sessions,
      DYNAMODB_ENDPOINT: tables.endpoint,
      // Refill makes a slot warm only when the namespace's gateway reaches its pod.
      GATEWAY_CHECK_URL: `http://127.0.0.1:${devServer.port}`,
      LAMBDA_ENDPOINT: 'http://127.0.0.1:9',
    })
    return { ...base, invokeRefill: async (work) => triggerRefill(work) }
  }

  function triggerRefill(work: Work = 'all'): void {
    if (stop.signal.aborted) return
    const reconciliation = reconcile(services, 20_000, work).finally(() =>
      reconciliations.delete(reconciliation),
    )
    reconciliation.catch(() => undefined) // Refill has recorded the error in the pool's row.
    reconciliations.add(reconciliation)
  }

  /** Triggers refill twelve times as often as the schedule on AWS. */
  async function triggerPeriodically(): Promise<void> {
    while (!stop.signal.aborted) {
      triggerRefill()
      await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }

  const gateways = await readyGateways(namespace)
  const endpoints = gateways.map((host) => ({ host, port: GATEWAY_PORT }))
  const gateway = createGatewayProxy({
    current: () => endpoints.toSorted(() => Math.random() - 0.5),
    refresh: async () => undefined,
  })
  const devServer = await startDevServer({
    port: 0,
    page: '/nowhere',
    gateway,
    api: { name: 'api', handler: ((event: never) => handle(event)) as never, timeoutMs: 30_000 },
    onError: (_id, error) => console.error(error),
  })
  let services = servicesOf('refill', first)
  let handle = queueClaims(servicesOf('api', first))
  // A failed test must not leave Jobs for the next one.
  stack.defer(async () => void (await namespace.kubectl('delete', 'jobs', '--all')))
  stack.defer(() => devServer.close())
  stack.defer(() => gateway.close())
  const triggering = triggerPeriodically()
  stack.defer(async () => {
    stop.abort()
    await triggering
    await Promise.allSettled(reconciliations)
  })

  const site = `http://127.0.0.1:${devServer.port}`
  const pool = async (): Promise<Pool> => (await (await fetch(`${site}/api/pool`)).json()) as Pool
  const handshake = gatewayHandshake(site)

  async function namedJobs(): Promise<string> {
    const scans = [tables.pool, tables.sessions].map((TableName) =>
      tables.db.send(new ScanCommand({ TableName })),
    )
    return JSON.stringify((await Promise.all(scans)).map(({ Items = [] }) => Items))
  }

  async function warmSlots(): Promise<WarmSlot[]> {
    const { slots } = await new SlotStore(tables.db, tables.pool).read()
    return slots.filter((slot) => slot.state === 'WARM')
  }

  /** @throws Error naming a slot that stays warm although the gateway does not reach its pod. */
  async function assertReachable(): Promise<void> {
    for (const { pod, slot } of await warmSlots()) {
      const reached = await handshake(pod.ip)
      if (reached.reach === 'answers') continue
      const isStillWarm = (await warmSlots()).some((now) => now.slot === slot && now.pod.uid === pod.uid)
      if (isStillWarm) throw new Error(`Slot ${slot} is warm, and the gateway ${reached.problem}.`)
    }
  }

  return {
    site,
    pool,
    visitor: () => createClient(site),
    deploy(what) {
      services = servicesOf('refill', what)
      handle = queueClaims(servicesOf('api', what))
      triggerRefill()
    },
    wholeAgain: (patienceMs) => whole(0, patienceMs),
    wholeBeside: whole,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }

  function whole(visitors: number, patienceMs?: number): Promise<Pool> {
    const wholePool = async (): Promise<Pool | undefined> => {
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
      if (!isClean) return undefined
      await assertReachable()
      return now
    }
    return until('the pool to be whole, without other Jobs or pods', wholePool, 100, patienceMs)
  }
}

async function createClient(site: string): Promise<TestClient> {
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
