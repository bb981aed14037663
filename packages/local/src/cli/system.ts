import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OURS } from '@warm-pods/core/identity/names.ts'
import { unknownJobs } from '../cluster-context/pool-jobs.ts'
import type { Reaper } from '../supervisor/start-reaper.ts'
import {
  type Part,
  type PartChange,
  type PartOptions,
  type RestartPolicy,
  startPart,
} from '../supervisor/supervisor.ts'
import type { Layout } from './data-folder-layout.ts'
import {
  type ClusterFacts,
  functionEnvironment,
  LOCAL_CLUSTER,
  machineEnvironment,
  NAMES,
} from './environment.ts'
import type { ClusterTarget } from './target.ts'

export interface SystemOptions {
  readonly port: number
  readonly root: string
  readonly layout: Layout
  readonly reaper: Reaper
  readonly environment: Record<string, string | undefined>
  /** Where the pods run; without it, on this machine. */
  readonly cluster?: ClusterTarget
  /** A part is up; told in the order in which they come up. */
  readonly onUp: (name: 'database' | 'Kubernetes' | 'site', text: string) => void
  readonly onChange: (change: PartChange) => void
  /** Once aborted, nothing is started any more. */
  readonly signal: AbortSignal
  readonly policy?: Partial<RestartPolicy>
}

export interface System {
  readonly site: string
  /** Has refill look at once instead of at the schedule's next tick. Never fails: the tick comes anyway. */
  invokeRefill(): Promise<void>
  /** Ends the parts in the order in which they need each other. */
  stop(): Promise<void>
}

const GRACE_MS = 5_000

/**
 * The four parts, each a process group of its own: database and Kubernetes side by side, then refill, then the site.
 * With a cluster of the person's own, the door to it stands where Kubernetes would.
 * @throws PartFailed; what had started is then left to {@link SystemOptions.reaper}. ForeignJobs before refill starts.
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
  const facts = cluster ? factsOf(cluster) : LOCAL_CLUSTER
  const [database, kubernetes] = await Promise.all([
    startDatabase(options, endpoints.dynamodb, machine),
    cluster ? startDoor(options, cluster) : startEngine(options, endpoints.kubernetes, machine),
  ])
  if (cluster) await refuseForeignJobs(cluster, endpoints.dynamodb)
  const refill = await start<{ port: number }>(
    options,
    'refill',
    'refill',
    functionEnvironment({ ...endpoints, lambda: '' }, machine, facts),
    // The site is told the port once, so a refill that starts again takes the same.
    (last) => ({ port: last?.port ?? 0, functionName: NAMES.refill }),
  )
  const lambda = `http://127.0.0.1:${refill.ready.port}`
  const front = await start(
    options,
    'dev-server',
    'the site',
    functionEnvironment({ ...endpoints, lambda }, machine, facts),
    () => ({
      port,
      page: join(root, 'packages/web/dist'),
      functionName: NAMES.api,
      pods: cluster ? { kind: 'cluster', routable: cluster.routable } : { kind: 'here' },
    }),
  )
  onUp('site', `page, API and sockets at ${site}`)
  return {
    site,
    invokeRefill: () => invokeAsync(lambda, NAMES.refill),
    async stop() {
      await front.stop(GRACE_MS)
      await refill.stop(GRACE_MS)
      await Promise.all([kubernetes.stop(GRACE_MS), database.stop(GRACE_MS)])
      await rm(layout.kubeconfig, { force: true })
    },
  }
}

async function startDatabase(
  options: SystemOptions,
  endpoint: string,
  machine: Record<string, string>,
): Promise<Part<{ kept: number }>> {
  const part = await start<{ kept: number }>(options, 'dynamodb', 'the database', machine, () => ({
    port: options.port + 2,
    path: options.layout.tables,
    poolTable: NAMES.poolTable,
    sessionsTable: NAMES.sessionsTable,
  }))
  const kept = part.ready.kept > 0 ? 'tables kept from last time' : 'two new tables'
  options.onUp('database', `DynamoDB at ${endpoint}, ${kept}`)
  return part
}

async function startEngine(
  options: SystemOptions,
  endpoint: string,
  machine: Record<string, string>,
): Promise<Part<unknown>> {
  const { layout, onUp, port } = options
  const part = await start(options, 'kubernetes', 'Kubernetes', machine, () => ({
    port: port + 1,
    kubeconfig: layout.kubeconfig,
    context: NAMES.context,
    compileCache: layout.compiled,
    namespace: NAMES.namespace,
    image: NAMES.image,
  }))
  onUp('Kubernetes', `API at ${endpoint}, kubeconfig written`)
  return part
}

/** The one part that sees the person's own environment: plugins that log in need what kubectl gives them. */
function startDoor(options: SystemOptions, cluster: ClusterTarget): Promise<Part<unknown>> {
  const { as, context, kubeconfigs, namespace, token } = cluster
  const whole = Object.entries(options.environment).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  const environment = { ...Object.fromEntries(whole), DOOR_TOKEN: token }
  return start(options, 'cluster-proxy', `the way to ${context}`, environment, () => ({
    port: options.port + 1,
    context,
    kubeconfigs,
    namespace,
    as,
  }))
}

function factsOf({ context, image, namespace, region, token }: ClusterTarget): ClusterFacts {
  return { name: context, region, image, namespace, token }
}

/** Jobs of the pool that these tables know nothing of: refill would sweep them, and they may be somebody's. */
export class ForeignJobs extends Error {
  override name = 'ForeignJobs'
}

async function refuseForeignJobs(
  { context, jobs, namespace }: ClusterTarget,
  dynamodb: string,
): Promise<void> {
  const tables = [NAMES.poolTable, NAMES.sessionsTable]
  const unknown = await unknownJobs(await jobs.names(), { dynamodb, tables })
  if (unknown.length === 0) return
  const some = unknown.slice(0, 3).join(', ') + (unknown.length > 3 ? ', …' : '')
  throw new ForeignJobs(
    `The namespace ${namespace} of "${context}" holds Jobs that are not of this data folder (${some}): another Warm Pods uses it, or one that did not end well. ` +
      `Two cannot share it. End the other one, or take its Jobs away: kubectl --context ${context} -n ${namespace} delete jobs -l ${OURS}`,
  )
}

async function invokeAsync(lambda: string, functionName: string): Promise<void> {
  await fetch(`${lambda}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    headers: { 'x-amz-invocation-type': 'Event' },
    signal: AbortSignal.timeout(2_000),
  }).catch(() => {})
}

function start<Ready>(
  { layout, onChange, policy, reaper, signal }: SystemOptions,
  file: 'dynamodb' | 'kubernetes' | 'cluster-proxy' | 'refill' | 'dev-server',
  name: string,
  env: Record<string, string>,
  settings: PartOptions<Ready>['settings'],
): Promise<Part<Ready>> {
  return startPart<Ready>({
    name,
    program: fileURLToPath(new URL(`../services/${file}.ts`, import.meta.url)),
    settings,
    env,
    log: layout.log(file),
    reaper,
    signal,
    // Written by our own part in the same version.
    parse: (ready) => ready as Ready,
    onChange,
    ...(policy ? { policy } : {}),
  })
}
