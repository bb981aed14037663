/** Where the pods run: on this machine, or in a cluster of the person's own. */
import { randomBytes } from 'node:crypto'
import type { KubeConfig } from '@kubernetes/client-node'
import { type Access, openAccess } from '../cluster-context/api-client.ts'
import { type ApplyOptions, applyOverlay, awaitGateway } from '../cluster-context/apply.ts'
import { folderOf } from '../cluster-context/data-folder.ts'
import { kubeconfigFiles, loadContext } from '../cluster-context/kubeconfig-files.ts'
import { type PoolJobs, poolJobs } from '../cluster-context/pool-jobs.ts'
import { type Found, preflight } from '../cluster-context/preflight.ts'
import { NAMES } from './environment.ts'
import type { Screen } from './terminal-output.ts'

/** What the person said of their cluster. */
export interface ContextWish {
  readonly context: string
  readonly kubeconfig: string | undefined
  readonly image: string | undefined
  readonly apply: boolean
}

/** A cluster that has all it needs. */
export interface ClusterTarget extends Found {
  readonly context: string
  readonly kubeconfigs: readonly string[]
  readonly namespace: string
  readonly image: string
  /** Opens the door to it. */
  readonly token: string
  readonly jobs: PoolJobs
}

/** A context that is there, before anybody has asked its cluster anything. */
export interface NamedContext {
  /** Name of its data folder. */
  readonly folder: string
  look(screen: Screen, signal: AbortSignal): Promise<ClusterTarget>
  close(): void
}

export interface TargetPlace {
  readonly environment: Record<string, string | undefined>
  /** Where the person stands, absolute. */
  readonly from: string
  /** The overlay that `--apply` applies, absolute. */
  readonly overlay: string
}

/** The image that packages/pod/Dockerfile is built as in its own head. */
const DEFAULT_IMAGE = 'warm-pods/pod:dev'

/** @throws Missing when there is no such context. */
export function nameContext(wish: ContextWish, place: TargetPlace): NamedContext {
  const kubeconfigs = kubeconfigFiles({ given: wish.kubeconfig, ...place })
  const config: KubeConfig = loadContext(kubeconfigs, wish.context)
  const access = openAccess(config)
  return {
    folder: folderOf(config),
    look: (screen, signal) => look({ ...place, access, kubeconfigs, screen, signal, wish }),
    close: () => access.close(),
  }
}

interface Looking extends TargetPlace {
  readonly wish: ContextWish
  readonly kubeconfigs: readonly string[]
  readonly access: Access
  readonly screen: Screen
  readonly signal: AbortSignal
}

async function look(looking: Looking): Promise<ClusterTarget> {
  const { access, kubeconfigs, screen, signal, wish } = looking
  const { namespace } = NAMES
  const image = wish.image ?? DEFAULT_IMAGE
  screen.doing('cluster', `asking ${access.server}`)
  const found = await preflight({
    access,
    context: wish.context,
    namespace,
    image,
    note: screen.note,
    doing: (text) => screen.doing('cluster', text),
    signal,
    ...(wish.apply ? { apply: () => apply(looking, namespace) } : {}),
  })
  const whose = found.as === 'provisioner' ? ', asked as warm-pods:provisioner' : ''
  screen.step('cluster', `${wish.context}, Kubernetes ${found.version} at ${access.server}${whose}`)
  const way = found.routable ? 'at its address' : 'by a forwarded port'
  screen.step('gateway', `${found.gateways} of nginx Ready, reached ${way}`)
  return {
    ...found,
    context: wish.context,
    kubeconfigs,
    namespace,
    image,
    token: randomBytes(32).toString('base64url'),
    jobs: poolJobs(access, found.as, namespace),
  }
}

async function apply(looking: Looking, namespace: string): Promise<void> {
  const { environment, kubeconfigs, overlay, screen, signal, wish } = looking
  screen.doing('apply', 'k8s/overlays/local')
  const options: ApplyOptions = { context: wish.context, kubeconfigs, overlay, environment, signal }
  const applied = await applyOverlay(options)
  screen.step('apply', `k8s/overlays/local, ${applied.length} objects:`)
  for (const line of applied) screen.say(`             ${line}`)
  screen.doing('gateway', 'rolling out')
  if (!(await awaitGateway(options, namespace)))
    screen.note('The gateway did not become Ready within two minutes.')
}
