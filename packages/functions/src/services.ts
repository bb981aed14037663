/** The dependencies of the handlers, made once for each process. Tests and the simulation pass their own. */
import { randomUUID } from 'node:crypto'
import type { Limits } from '@warm-pods/core/limits.ts'
import type { Work } from '@warm-pods/core/state/work.ts'
import { eksToken } from './aws/eks-token.ts'
import { refillInvocations } from './aws/invoke-refill.ts'
import { type Signing, signingOf } from './aws/sigv4.ts'
import { type Config, readConfig } from './config.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { gatewayHandshake } from './gateway/handshake.ts'
import { PathChecks } from './gateway/path-checks.ts'
import type { Cluster } from './kubernetes/cluster.ts'
import { specHash } from './kubernetes/job-manifest.ts'
import { RUNTIME, type Runtime } from './lib/clock.ts'
import { documents } from './store/client.ts'
import { type Stores, storesOver } from './store/stores.ts'

export interface Services extends Runtime, Stores {
  readonly config: Config
  readonly limits: Limits
  /** Hash of the current pod specification. */
  readonly spec: string
  /** Loads the Kubernetes client on first use. */
  cluster(): Promise<Cluster>
  /** The visitors’ way to a pod. Undefined when the environment names no gateway. */
  readonly gateway: Gateway | undefined
  /** The handshakes of refill. Undefined when the environment names no gateway. */
  readonly paths: PathChecks | undefined
  /** Triggers refill for the rows that have changed. Never throws: the schedule makes up for a lost trigger within a minute. */
  invokeRefill(work: Work): Promise<void>
  /** Opens the connection of `invokeRefill` and invokes nothing. @throws Error when Lambda does not answer or refuses. */
  dryRunRefill(): Promise<void>
  newId(): string
  /** Job to the monotonic time, in ms, at which this process requested it. Only that process can time the whole start. */
  readonly askedAt: Map<string, number>
}

/** @throws Error naming the variables that are missing or malformed. */
export function makeServices(environment: Record<string, string | undefined>): Services {
  const config = readConfig(environment)
  const { limits, tables } = config
  const db = documents(config)
  const signing = signingOf(db.config)
  const gateway = config.gatewayCheckUrl
    ? createGateway(gatewayHandshake(config.gatewayCheckUrl), RUNTIME)
    : undefined
  let cluster: Promise<Cluster> | undefined
  return {
    ...RUNTIME,
    config,
    limits,
    spec: specHash(config),
    ...storesOver(db, tables, limits),
    cluster() {
      cluster ??= import('./kubernetes/adapter.ts').then(({ kubernetes }) =>
        kubernetes(config, bearer(config, signing), signing.credentials),
      )
      return cluster
    },
    gateway,
    paths: gateway && new PathChecks(gateway, RUNTIME),
    ...refillInvocations(config, signing),
    newId: randomUUID,
    askedAt: new Map(),
  }
}

/** Returns the configured token, or else a token for the EKS cluster; empty, for no authentication, without either. */
function bearer({ kubernetes: { token, eksCluster } }: Config, signing: Signing): () => Promise<string> {
  return token === '' && eksCluster !== '' ? eksToken(eksCluster, signing) : async () => token
}
