/** The product's handlers and refill on a real API server, with counted calls. The rows are in memory, so that only Kubernetes is measured. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { Work } from '@warm-pods/core/state/work.ts'
import { apiHandler } from '@warm-pods/functions/api/handler.ts'
import { createGateway } from '@warm-pods/functions/gateway/gateway.ts'
import { PathChecks } from '@warm-pods/functions/gateway/path-checks.ts'
import { clusterOver } from '@warm-pods/functions/kubernetes/adapter.ts'
import { type KubernetesApi, kubernetesApi } from '@warm-pods/functions/kubernetes/api-client.ts'
import { clusterEndpoint } from '@warm-pods/functions/kubernetes/cluster-endpoint.ts'
import { RUNTIME } from '@warm-pods/functions/lib/clock.ts'
import { reconcile } from '@warm-pods/functions/refill/reconcile.ts'
import { makeServices, type Services } from '@warm-pods/functions/services.ts'
import type { DocumentClient } from '@warm-pods/functions/store/client.ts'
import { SessionStore } from '@warm-pods/functions/store/sessions.ts'
import { SlotStore } from '@warm-pods/functions/store/slots.ts'
import { storesOver } from '@warm-pods/functions/store/stores.ts'
import { poolTable, sessionsTable } from '@warm-pods/functions/store/tables.ts'
import { eventOf, randomAddress } from '../../functions/tests/_event.ts'
import { MemoryDynamo } from '../../simulation/src/engines/memory-dynamo.ts'
import type { TestNamespace } from '../cluster/_namespace.ts'
import { forSimulatedNodes } from './simulated-nodes.ts'

/** Calls and their bytes, as JSON. */
export interface Tally {
  readonly calls: number
  readonly bytes: number
}

export interface Visitor {
  readonly status: number
  readonly session: Session
  /** Duration of the claim in the handler, ms. */
  readonly claimMs: number
  release(): Promise<void>
}

/** The product on a cluster. Refill runs on triggers and on its schedule, one process at a time. */
export class Product implements AsyncDisposable {
  readonly #namespace: TestNamespace
  readonly #run: string
  readonly #limits: Record<string, number>
  readonly #dynamo = new MemoryDynamo({
    tables: [poolTable('Pool'), sessionsTable('Sessions')],
    now: () => Date.now(),
  })
  readonly #tally = new Map<string, { calls: number; bytes: number }>()
  readonly #stop = new AbortController()
  readonly #reconciliations = new Set<Promise<unknown>>()
  readonly #schedule: Promise<void>
  #refill: Services
  readonly #looking: Pick<Services, 'sessions' | 'slots'>
  readonly #handle: ReturnType<typeof apiHandler>
  invocations = 0
  passes = 0
  failures = 0

  constructor(namespace: TestNamespace, run: string, limits: Record<string, number>) {
    this.#namespace = namespace
    this.#run = run
    this.#limits = limits
    const db = this.#documents(false)
    this.#looking = { slots: new SlotStore(db, 'Pool'), sessions: new SessionStore(db, 'Sessions', 0) }
    this.#refill = this.#servicesOf('refill', 'echo:1')
    this.#handle = apiHandler(this.#servicesOf('api', 'echo:1'))
    this.#schedule = this.#triggerPeriodically()
  }

  /** The limits and the specification of refill, and stores whose calls are not counted. */
  get services(): Services {
    return { ...this.#refill, ...this.#looking }
  }

  /** The calls so far, by name. */
  tally(): ReadonlyMap<string, Tally> {
    return new Map([...this.#tally].map(([name, { bytes, calls }]) => [name, { bytes, calls }]))
  }

  /** Replaces the functions by those of another pod image, and triggers refill. */
  deploy(image: string): void {
    this.#refill = this.#servicesOf('refill', image)
    this.#trigger('all')
  }

  /** Claims as a new visitor with an address of their own. */
  async claim(): Promise<Visitor> {
    const headers = { authorization: `Bearer ${randomBytes(32).toString('base64url')}` }
    const address = randomAddress()
    const startMs = performance.now()
    const { body, statusCode = 0 } = await this.#handle(
      eventOf({ method: 'POST', path: '/session', headers, address }),
    )
    const session: Session = JSON.parse(String(body))
    return {
      status: statusCode,
      session,
      claimMs: performance.now() - startMs,
      release: async () => {
        await this.#handle(eventOf({ method: 'DELETE', path: `/session/${session.id}`, headers, address }))
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#schedule
    await Promise.allSettled(this.#reconciliations)
  }

  #trigger(work: Work): void {
    if (this.#stop.signal.aborted) return
    this.invocations++
    const services = this.#refill
    const reconciliation = reconcile(services, services.limits.refillRunMs, work)
      .then(({ passes }) => {
        this.passes += passes
      })
      .catch(() => {
        this.failures++
      })
      .finally(() => this.#reconciliations.delete(reconciliation))
    this.#reconciliations.add(reconciliation)
  }

  async #triggerPeriodically(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#trigger('all')
      await sleep(this.#refill.limits.refillEveryMs, undefined, { signal: this.#stop.signal }).catch(
        () => undefined,
      )
    }
  }

  #servicesOf(of: 'api' | 'refill', image: string): Services {
    const environment = this.#namespace.environment(of, { image, limits: JSON.stringify(this.#limits) })
    const made = makeServices(environment)
    const { config, limits } = made
    const db = this.#documents()
    // No gateway reaches a simulated pod, so the answer to every handshake is given here.
    const gateway = createGateway(async () => ({ reach: 'answers' }), RUNTIME)
    const endpoint = clusterEndpoint(config, undefined, RUNTIME.monotonic)
    const api = kubernetesApi(config.namespace, endpoint, async () => config.kubernetes.token)
    const cluster = clusterOver(this.#counted(api), config, RUNTIME, endpoint.state)
    return {
      ...made,
      ...storesOver(db, { pool: 'Pool', sessions: 'Sessions' }, limits),
      cluster: async () => cluster,
      gateway,
      paths: new PathChecks(gateway, RUNTIME),
      invokeRefill: async (work) => this.#trigger(work),
    }
  }

  /** @param isCounted false for the calls of this test. */
  #documents(isCounted = true): DocumentClient {
    const send = async (command: {
      readonly input: object
      readonly constructor: { readonly name: string }
    }) => {
      const answer = this.#dynamo.execute(command)
      if (isCounted)
        this.#count(`DynamoDB ${command.constructor.name.replace('Command', '')}`, [command.input, answer])
      return answer
    }
    // The stores call only `send`.
    return { send } as unknown as DocumentClient
  }

  #counted(api: KubernetesApi): KubernetesApi {
    const { batch, core } = api
    const counted = async <T>(name: string, call: Promise<T>): Promise<T> => {
      try {
        const answer = await call
        this.#count(name, answer)
        return answer
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
        this.#count(`${name} ${code}`, {})
        throw error
      }
    }
    return {
      batch: {
        createNamespacedJob: (call) =>
          counted(
            'create Job',
            batch.createNamespacedJob({ ...call, body: forSimulatedNodes(call.body, this.#run) }),
          ),
        readNamespacedJob: (call) => counted('get Job', batch.readNamespacedJob(call)),
        listNamespacedJob: (call) => counted('list Jobs', batch.listNamespacedJob(call)),
        deleteNamespacedJob: (call) => counted('delete Job', batch.deleteNamespacedJob(call)),
        patchNamespacedJob: (call) => counted('patch Job', batch.patchNamespacedJob(call)),
      },
      core: {
        listNamespacedPod: (call) =>
          counted(
            call.labelSelector.startsWith('job-name') ? 'list pods of a Job' : 'list pods',
            core.listNamespacedPod(call),
          ),
        deleteNamespacedPod: (call) => counted('delete pod', core.deleteNamespacedPod(call)),
        patchNamespacedPod: (call) => counted('patch pod', core.patchNamespacedPod(call)),
      },
      versions: { getCode: () => counted('version', api.versions.getCode()) },
      podsVersion: (selector) => counted('version of pods', api.podsVersion(selector)),
      podEvents: (selector, version, times, stop) =>
        counted('watch pods', api.podEvents(selector, version, times, stop)),
    }
  }

  #count(name: string, about: unknown): void {
    const { bytes, calls } = this.#tally.get(name) ?? { calls: 0, bytes: 0 }
    this.#tally.set(name, { calls: calls + 1, bytes: bytes + JSON.stringify(about ?? null).length })
  }
}
