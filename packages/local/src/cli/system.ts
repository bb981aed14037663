import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OURS } from '@warm-pods/core/identity/names.ts'
import { fetchText } from '../http/fetch-text.ts'
import type { Reaper } from '../supervisor/start-reaper.ts'
import {
  type RestartPolicy,
  type ServiceChange,
  type ServiceOptions,
  type SupervisedService,
  superviseService,
} from '../supervisor/supervisor.ts'
import { UserError } from '../user-error.ts'
import { compileServices } from './compile-services.ts'
import type { DataFolderLayout } from './data-folder/layout.ts'
import {
  type ClusterEnvironment,
  functionEnvironment,
  LOCAL_CLUSTER,
  machineEnvironment,
  NAMES,
} from './environment.ts'
import type { ClusterTarget } from './target.ts'

export interface SystemOptions {
  readonly port: number
  readonly root: string
  readonly layout: DataFolderLayout
  readonly reaper: Reaper
  /** The environment of this process. */
  readonly environment: Record<string, string | undefined>
  /** The cluster that runs the pods. Without it, this machine runs them. */
  readonly cluster?: ClusterTarget
  /** Called when a service is up, with a text for the terminal. */
  readonly onUp: (name: 'database' | 'Kubernetes' | 'site', text: string) => void
  readonly onChange: (change: ServiceChange) => void
  /** Once aborted, no service is started any more. */
  readonly signal: AbortSignal
  readonly policy?: Partial<RestartPolicy>
}

export interface System {
  readonly site: string
  /** Triggers refill now. Never fails: without it, refill runs at its schedule's next trigger. */
  invokeRefill(): Promise<void>
  /** Stops the services in the order of their dependencies: the dev server first, Kubernetes and the database last. */
  stop(): Promise<void>
}

/** How long a service may take to stop after SIGTERM, milliseconds. */
const GRACE_MS = 5_000
/**
 * Heap limits of every service, MB. V8 may keep more than 100 MB for new objects alone. After 20,000 queries the database took
 * 324 MB without limits, of which 17 MB were live heap. The second limit ends a service that leaks, and the supervisor restarts
 * it. `--optimize-for-size` with 2 MB for new objects would save 45 MB in all, but a claim would need a fifth more CPU time.
 * `npm run soak` measures the memory.
 */
export const NODE_FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=128']

/**
 * Starts the four services, each in its own process group: the database and Kubernetes in parallel, then refill, then the
 * dev server. With the user's own cluster, the cluster proxy takes the place of Kubernetes.
 * @throws ServiceFailed when a service does not start. {@link SystemOptions.reaper} must then end the other services.
 * @throws UserError when the cluster contains Jobs of another Warm Pods.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { cluster, environment, layout, onUp, port, root } = options
  const site = `http://localhost:${port}`
  const endpoints = {
    site,
    kubernetes: `http://127.0.0.1:${port + 1}`,
    dynamodb: `http://127.0.0.1:${port + 2}`,
  }
  const machine = machineEnvironment(environment, layout.compiled)
  await compileServices(layout.compiled, {
    environment: machine,
    nodeFlags: NODE_FLAGS,
    signal: options.signal,
  })
  const clusterEnvironment = cluster ? environmentOf(cluster) : LOCAL_CLUSTER
  const [database, kubernetes] = await Promise.all([
    startDatabaseService(options, endpoints.dynamodb, machine),
    cluster
      ? startClusterProxyService(options, cluster)
      : startKubernetesService(options, endpoints.kubernetes, machine),
  ])
  if (cluster) await assertNoForeignJobs(cluster, endpoints.dynamodb)
  const refill = await startService<{ port: number }>(
    options,
    'refill',
    'refill',
    functionEnvironment({ ...endpoints, lambda: '' }, machine, clusterEnvironment),
    // The dev server gets the port once, so a restarted refill must listen on the same port.
    (last) => ({ port: last?.port ?? 0, functionName: NAMES.refill }),
  )
  const lambda = `http://127.0.0.1:${refill.ready.port}`
  const devServer = await startService(
    options,
    'dev-server',
    'the dev server',
    functionEnvironment({ ...endpoints, lambda }, machine, clusterEnvironment),
    () => ({
      port,
      page: join(root, 'packages/web/dist'),
      functionName: NAMES.api,
      pods: cluster ? { kind: 'cluster', routable: cluster.routable } : { kind: 'local' },
    }),
  )
  onUp('site', `page, API and WebSockets at ${site}`)
  return {
    site,
    invokeRefill: () => invokeAsync(lambda, NAMES.refill),
    async stop() {
      await devServer.stop(GRACE_MS)
      await refill.stop(GRACE_MS)
      await Promise.all([kubernetes.stop(GRACE_MS), database.stop(GRACE_MS)])
      await rm(layout.kubeconfig, { force: true })
    },
  }
}

/** See `Dynamodb`. */
interface DatabaseReady {
  readonly kept: number
  readonly lost?: string
}

async function startDatabaseService(
  options: SystemOptions,
  endpoint: string,
  machine: Record<string, string>,
): Promise<SupervisedService<DatabaseReady>> {
  const service = await startService<DatabaseReady>(options, 'dynamodb', 'the database', machine, () => ({
    port: options.port + 2,
    path: options.layout.tables,
    poolTable: NAMES.poolTable,
    sessionsTable: NAMES.sessionsTable,
  }))
  const { kept, lost } = service.ready
  const tables = kept > 0 ? 'with the tables of the last start' : 'with two new tables'
  options.onUp('database', `DynamoDB at ${endpoint}, ${tables}${lost === undefined ? '' : `. ${lost}`}`)
  return service
}

async function startKubernetesService(
  options: SystemOptions,
  endpoint: string,
  machine: Record<string, string>,
): Promise<SupervisedService<unknown>> {
  const { layout, onUp, port } = options
  const service = await startService(options, 'kubernetes', 'Kubernetes', machine, () => ({
    port: port + 1,
    kubeconfig: layout.kubeconfig,
    context: NAMES.context,
    compileCache: layout.compiled,
    namespace: NAMES.namespace,
    image: NAMES.image,
  }))
  onUp('Kubernetes', `API at ${endpoint}, kubeconfig written`)
  return service
}

/** The only service with the user's whole environment: login plugins of a kubeconfig need the same as under kubectl. */
function startClusterProxyService(
  options: SystemOptions,
  cluster: ClusterTarget,
): Promise<SupervisedService<unknown>> {
  const { context, impersonation, kubeconfigs, namespace, token } = cluster
  const defined = Object.entries(options.environment).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  const environment = { ...Object.fromEntries(defined), CLUSTER_PROXY_TOKEN: token }
  return startService(options, 'cluster-proxy', `the proxy to ${context}`, environment, () => ({
    port: options.port + 1,
    context,
    kubeconfigs,
    namespace,
    impersonation,
  }))
}

function environmentOf({ context, image, namespace, region, token }: ClusterTarget): ClusterEnvironment {
  return { name: context, region, image, namespace, podMetrics: true, token }
}

/**
 * Refill garbage-collects every Job of the pool that no row references, so another instance's Jobs must not be there.
 * @throws UserError when the cluster contains Jobs that no row of this data folder references.
 */
async function assertNoForeignJobs(
  { context, jobs, namespace }: ClusterTarget,
  dynamodb: string,
): Promise<void> {
  // Loaded on demand: a start without a cluster needs no Kubernetes client, which takes 60 MB of memory.
  const { jobsWithoutRow } = await import('../cluster-context/pool-jobs.ts')
  const tables = [NAMES.poolTable, NAMES.sessionsTable]
  const foreign = await jobsWithoutRow(await jobs.names(), { dynamodb, tables })
  if (foreign.length === 0) return
  const examples = foreign.slice(0, 3).join(', ') + (foreign.length > 3 ? ', …' : '')
  throw new UserError(
    `The namespace ${namespace} of "${context}" contains Jobs that do not belong to this data folder (${examples}). Another Warm Pods uses the namespace, or one crashed there. ` +
      `Two cannot share a namespace. Stop the other one, or delete its Jobs: kubectl --context ${context} -n ${namespace} delete jobs -l ${OURS}`,
  )
}

async function invokeAsync(lambda: string, functionName: string): Promise<void> {
  await fetchText(`${lambda}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    headers: { 'x-amz-invocation-type': 'Event' },
    signal: AbortSignal.timeout(2_000),
  }).catch(() => {})
}

function startService<Ready>(
  { layout, onChange, policy, reaper, signal }: SystemOptions,
  file: 'dynamodb' | 'kubernetes' | 'cluster-proxy' | 'refill' | 'dev-server',
  name: string,
  env: Record<string, string>,
  settings: ServiceOptions<Ready>['settings'],
): Promise<SupervisedService<Ready>> {
  return superviseService<Ready>({
    name,
    program: fileURLToPath(new URL(`../services/${file}.ts`, import.meta.url)),
    settings,
    env,
    nodeFlags: NODE_FLAGS,
    log: layout.log(file),
    reaper,
    signal,
    // Sent by a service of the same version.
    parse: (ready) => ready as Ready,
    onChange,
    ...(policy ? { policy } : {}),
  })
}
