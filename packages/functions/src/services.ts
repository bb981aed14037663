/** Everything a call needs, made once per Lambda and handed down: tests and the simulation hand down their own. */
import { randomUUID } from 'node:crypto'
import type { Limits } from '@warm-pods/core/limits.ts'
import { eksToken } from './aws/eks-token.ts'
import { refillInvoker } from './aws/invoke-refill.ts'
import { type Signing, signingOf } from './aws/sigv4.ts'
import { type Config, readConfig } from './config.ts'
import type { Cluster } from './kubernetes/cluster.ts'
import { specHash } from './kubernetes/job-manifest.ts'
import { RUNTIME, type Runtime } from './lib/clock.ts'
import { documents } from './store/client.ts'
import { RateLimitStore } from './store/rate-limits.ts'
import { RefillStore } from './store/refill-state.ts'
import { SessionStore } from './store/sessions.ts'
import { SlotStore } from './store/slots.ts'
import { StatsStore } from './store/stats.ts'

export interface Services extends Runtime {
  readonly config: Config
  readonly limits: Limits
  /** Hash of the pod specification that is current. */
  readonly spec: string
  readonly slots: SlotStore
  readonly refill: RefillStore
  readonly sessions: SessionStore
  readonly rateLimits: RateLimitStore
  readonly stats: StatsStore
  /** Loads the Kubernetes client on first use. */
  cluster(): Promise<Cluster>
  /** Asks for a run of refill. It never fails: a lost event costs at most one tick of the schedule. */
  invokeRefill(): Promise<void>
  newId(): string
  /** When this process asked for each Job, by its monotonic clock: a start is timed only by one that saw it whole. */
  readonly askedAt: Map<string, number>
}

/** @throws Error naming what the environment lacks. */
export function makeServices(environment: Record<string, string | undefined>): Services {
  const config = readConfig(environment)
  const { limits, tables } = config
  const db = documents(config)
  const signing = signingOf(db)
  let cluster: Promise<Cluster> | undefined
  return {
    ...RUNTIME,
    config,
    limits,
    spec: specHash(config),
    slots: new SlotStore(db, tables.pool),
    refill: new RefillStore(db, tables.pool),
    sessions: new SessionStore(db, tables.sessions, limits.auditTtlMs),
    rateLimits: new RateLimitStore(db, tables.pool, limits),
    stats: new StatsStore(db, tables.pool),
    cluster() {
      cluster ??= import('./kubernetes/adapter.ts').then(({ kubernetes }) =>
        kubernetes(config, bearer(config, signing)),
      )
      return cluster
    },
    invokeRefill: refillInvoker(config, signing),
    newId: randomUUID,
    askedAt: new Map(),
  }
}

/** How the control plane says who it is: a fixed token, or for EKS one made from the role. Neither: as nobody. */
function bearer({ kubernetes: { token, eksCluster } }: Config, signing: Signing): () => Promise<string> {
  return token === '' && eksCluster !== '' ? eksToken(eksCluster, signing) : async () => token
}
