/** Prepares the context's cluster for the deploy, and removes the deployed objects after the rehearsal. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '@warm-pods/local/cluster-context/api-client.ts'
import { statusText } from '@warm-pods/local/cluster-context/api-client.ts'
import { UserError } from '@warm-pods/local/user-error.ts'

/** The deployed namespace, `namespace` of k8s/base/kustomization.yaml. */
export const NAMESPACE = 'warm-pods'
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const ADMISSION = '/apis/admissionregistration.k8s.io/v1'
/** Pods of the gateway take up to 60 s to end. */
const GONE_WITHIN_MS = 150_000

/** A kind whose controller does not run here. */
export interface Kind {
  readonly group: string
  readonly version: `v${string}`
  readonly kind: string
  readonly scope: 'Cluster' | 'Namespaced'
}

/** The kinds of EKS Auto Mode that k8s/overlays/eks uses. No controller acts on them here. */
const AUTO_MODE: readonly Kind[] = [
  { group: 'karpenter.sh', version: 'v1', kind: 'NodePool', scope: 'Cluster' },
  { group: 'eks.amazonaws.com', version: 'v1', kind: 'TargetGroupBinding', scope: 'Namespaced' },
]

/** Objects of the deploy outside its namespace. */
const OUTSIDE = [
  `${ADMISSION}/validatingadmissionpolicybindings/warm-pods-functions`,
  `${ADMISSION}/validatingadmissionpolicies/warm-pods-functions`,
  '/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni',
  '/api/v1/namespaces/warm-pods-logs',
]

/**
 * Checks that the rehearsal changes nothing of another user.
 * @throws UserError if the context may not administer the cluster, or the cluster has Warm Pods or EKS' kinds already.
 */
export async function assertUsable(client: ApiClient, context: string): Promise<string> {
  const version = await client.call('GET', '/version')
  if (version.status !== 200) throw new UserError(`The context "${context}" answers ${statusText(version)}.`)
  for (const path of [
    `/api/v1/namespaces/${NAMESPACE}`,
    ...OUTSIDE,
    ...AUTO_MODE.map((kind) => `${DEFINITIONS}/${nameOf(kind)}`),
  ]) {
    const { status } = await client.call('GET', path)
    if (status === 200)
      throw new UserError(
        `The cluster of "${context}" has ${path} already. The rehearsal creates and deletes this object, so it needs a cluster without it.`,
      )
    if (status !== 404)
      throw new UserError(
        `The context "${context}" may not read ${path}: ${status}. The rehearsal needs an administrator's context.`,
      )
  }
  return String(version.body.gitVersion)
}

/** Installs the kinds of Auto Mode. @throws Error if the API server refuses or does not serve them in time. */
export async function installAutoModeKinds(client: ApiClient): Promise<void> {
  await installKinds(client, AUTO_MODE)
}

/**
 * Installs kinds. A kind that the cluster has already stays as it is.
 * @param definitionOf the CustomResourceDefinition of a kind. By default it accepts any content.
 * @returns the installed kinds. @throws Error if the API server refuses or does not serve them in time.
 */
export async function installKinds(
  client: ApiClient,
  kinds: readonly Kind[],
  definitionOf: (kind: Kind) => object = definition,
): Promise<Kind[]> {
  const installed: Kind[] = []
  for (const kind of kinds) {
    const created = await client.call('POST', DEFINITIONS, { body: definitionOf(kind) })
    if (created.status === 201) installed.push(kind)
    else if (created.status !== 409)
      throw new Error(`${nameOf(kind)} was not created: ${statusText(created)}.`)
  }
  for (const kind of kinds) {
    const path = `/apis/${kind.group}/${kind.version}/${plural(kind)}`
    for (let tries = 50; (await client.call('GET', path)).status !== 200; tries--) {
      if (tries === 0) throw new Error(`The API server does not serve ${path}.`)
      await sleep(200)
    }
  }
  return installed
}

/** Deletes kinds with all their objects. */
export async function removeKinds(client: ApiClient, kinds: readonly Kind[]): Promise<void> {
  for (const kind of kinds) await client.call('DELETE', `${DEFINITIONS}/${nameOf(kind)}`)
}

/** Deletes every object of the deploy and waits until they are gone. @throws Error naming an object that stays. */
export async function removeDeployed(client: ApiClient): Promise<void> {
  const paths = [
    `/api/v1/namespaces/${NAMESPACE}`,
    ...OUTSIDE,
    ...AUTO_MODE.map((kind) => `${DEFINITIONS}/${nameOf(kind)}`),
  ]
  for (const path of paths) await client.call('DELETE', path)
  const deadline = performance.now() + GONE_WITHIN_MS
  for (const path of paths) {
    while ((await client.call('GET', path)).status !== 404) {
      if (performance.now() > deadline) throw new Error(`${path} was not deleted.`)
      await sleep(500)
    }
  }
}

/** Returns the plural name, as in a path. */
export function plural({ kind }: Kind): string {
  return `${kind.toLowerCase()}s`
}

/** Returns the name of the CustomResourceDefinition. */
export function nameOf(kind: Kind): string {
  return `${plural(kind)}.${kind.group}`
}

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/ */
function definition(kind: Kind): object {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: nameOf(kind) },
    spec: {
      group: kind.group,
      scope: kind.scope,
      names: { kind: kind.kind, plural: plural(kind), singular: kind.kind.toLowerCase() },
      versions: [{ name: kind.version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  }
}
