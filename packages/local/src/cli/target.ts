/** The user's own cluster as the place where the pods run: `npm start -- --context`. */
import { randomBytes } from 'node:crypto'
import { type ApiClient, createApiClient } from '../cluster-context/api-client.ts'
import { type ApplyOptions, applyOverlay, awaitGateway } from '../cluster-context/apply.ts'
import { dataFolderName } from '../cluster-context/data-folder.ts'
import { kubeconfigFiles, loadContext } from '../cluster-context/kubeconfig-files.ts'
import { type PoolJobs, poolJobs } from '../cluster-context/pool-jobs.ts'
import { type PreflightResult, preflight } from '../cluster-context/preflight.ts'
import { NAMES } from './environment.ts'
import type { TerminalOutput } from './output/terminal-output.ts'

/** The flags that concern a cluster. */
export interface ContextOptions {
  readonly context: string
  readonly kubeconfig: string | undefined
  readonly image: string | undefined
  readonly apply: boolean
}

/** A cluster that has passed the preflight checks. */
export interface ClusterTarget extends PreflightResult {
  readonly context: string
  readonly kubeconfigs: readonly string[]
  readonly namespace: string
  readonly image: string
  /** The bearer token of the cluster proxy. */
  readonly token: string
  readonly jobs: PoolJobs
}

/** A context of the kubeconfig, before any request to its cluster. */
export interface ClusterContext {
  /** The name of its data folder. */
  readonly folder: string
  /** Runs the preflight checks. @throws UserError for the first check that fails. */
  check(output: TerminalOutput, signal: AbortSignal): Promise<ClusterTarget>
  close(): void
}

export interface ContextLookup {
  readonly environment: Record<string, string | undefined>
  /** The user's current folder, absolute. */
  readonly from: string
  /** The overlay that `--apply` applies, absolute. */
  readonly overlay: string
}

/** The image name in the build command at the head of packages/pod/Dockerfile. */
const DEFAULT_IMAGE = 'warm-pods/pod:dev'

/** @throws UserError when there is no such context. */
export function openContext(options: ContextOptions, lookup: ContextLookup): ClusterContext {
  const kubeconfigs = kubeconfigFiles({ given: options.kubeconfig, ...lookup })
  const config = loadContext(kubeconfigs, options.context)
  const client = createApiClient(config)
  return {
    folder: dataFolderName(config),
    check: (output, signal) => check({ ...lookup, client, kubeconfigs, output, signal, options }),
    close: () => client.close(),
  }
}

interface CheckOptions extends ContextLookup {
  readonly options: ContextOptions
  readonly kubeconfigs: readonly string[]
  readonly client: ApiClient
  readonly output: TerminalOutput
  readonly signal: AbortSignal
}

async function check(checkOptions: CheckOptions): Promise<ClusterTarget> {
  const { client, kubeconfigs, options, output, signal } = checkOptions
  const { namespace } = NAMES
  const image = options.image ?? DEFAULT_IMAGE
  output.progress('cluster', `connecting to ${client.server}`)
  const result = await preflight({
    client,
    context: options.context,
    namespace,
    image,
    onNote: output.note,
    onProgress: (text) => output.progress('cluster', text),
    signal,
    ...(options.apply ? { apply: () => apply(checkOptions, namespace) } : {}),
  })
  const identity = result.impersonation === 'provisioner' ? ', as the group warm-pods:provisioner' : ''
  output.step('cluster', `${options.context}, Kubernetes ${result.version} at ${client.server}${identity}`)
  const route = result.routable ? 'reached at their addresses' : 'reached through a forwarded port'
  output.step('gateway', `${result.gateways} nginx pods Ready, ${route}`)
  return {
    ...result,
    context: options.context,
    kubeconfigs,
    namespace,
    image,
    token: randomBytes(32).toString('base64url'),
    jobs: poolJobs(client, result.impersonation, namespace),
  }
}

async function apply(checkOptions: CheckOptions, namespace: string): Promise<void> {
  const { environment, kubeconfigs, options, output, overlay, signal } = checkOptions
  output.progress('apply', 'k8s/overlays/local')
  const applyOptions: ApplyOptions = { context: options.context, kubeconfigs, overlay, environment, signal }
  const applied = await applyOverlay(applyOptions)
  output.step('apply', `k8s/overlays/local, ${applied.length} objects:`)
  for (const line of applied) output.print(`             ${line}`)
  output.progress('gateway', 'rolling out')
  const problem = await awaitGateway(applyOptions, namespace)
  if (problem !== undefined) output.note(`The gateway is not Ready yet. ${problem}`)
}
