/** A separate namespace for a test, with all manifests of k8s/overlays/local. */

import { randomSuffix } from '@warm-pods/core/identity/names.ts'
import { readConfig } from '@warm-pods/functions/config.ts'
import { kubernetes } from '@warm-pods/functions/kubernetes/adapter.ts'
import type { Cluster } from '@warm-pods/functions/kubernetes/cluster.ts'
import { KUBECTL, type Manifest, render } from '../manifests/_render.ts'
import { CONTEXT, type FunctionName, IMAGE, kubectl, kubectlJson } from './_kubectl.ts'

export interface TestNamespace extends AsyncDisposable {
  readonly name: string
  /** Runs kubectl in this namespace. */
  readonly kubectl: (...args: string[]) => Promise<string>
  readonly json: <T>(...args: string[]) => Promise<T>
  /** Returns the product's adapter with refill's rights. */
  adapter(overrides?: { image?: string; limits?: string; token?: string }): Cluster
  /** Returns the environment of a function without its tables. Its token has the function's own rights, as on AWS. */
  environment(of: FunctionName, overrides?: { image?: string; limits?: string }): Record<string, string>
}

const BASE_NAME = 'warm-pods'

/** The kinds that only a gateway with pods of its own needs. */
const OF_GATEWAY: ReadonlySet<string> = new Set(['Deployment', 'PodDisruptionBudget', 'Service'])

/**
 * Creates a namespace, applies the manifests, and waits for the gateway. Disposing of it deletes the namespace.
 * @param options `hasGateway`: false leaves the gateway out.
 */
export async function openNamespace({ hasGateway = true } = {}): Promise<TestNamespace> {
  const name = `${BASE_NAME}-test-${randomSuffix()}`
  const items = render('local', KUBECTL ?? 'kubectl')
    .filter(({ kind }) => hasGateway || !OF_GATEWAY.has(kind))
    .map((manifest) => moved(manifest, name))
  const close = () => closeNamespace(name)
  try {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
    await kubectl(['apply', '-f', '-', '--server-side', '--validate=strict'], { input: list })
    if (hasGateway)
      await kubectl(['-n', name, 'rollout', 'status', 'deployment/gateway', '--timeout', '100s'])
    const { refill, api } = await functionsAccess(name)
    return {
      name,
      kubectl: (...args) => kubectl(['-n', name, ...args]),
      json: (...args) => kubectlJson(['-n', name, ...args]),
      adapter: ({ image = IMAGE, limits = '{}', token = refill.token } = {}) =>
        kubernetes(
          readConfig(environmentOf({ ...refill, namespace: name, image, limits })),
          async () => token,
        ),
      environment: (of, { image = IMAGE, limits = '{}' } = {}) =>
        environmentOf({ ...(of === 'api' ? api : refill), namespace: name, image, limits }),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close().catch(() => undefined) // The first error is the one to report.
    throw error
  }
}

/** Returns the object for another namespace. A cluster-scoped object gets the namespace's name as its own. */
function moved(manifest: Manifest, name: string): unknown {
  const { kind, metadata } = manifest
  const thisNamespace = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } }
  switch (kind) {
    case 'Namespace':
    case 'ValidatingAdmissionPolicy':
      return { ...manifest, metadata: { ...metadata, name } }
    case 'ValidatingAdmissionPolicyBinding':
      return {
        ...manifest,
        metadata: { ...metadata, name },
        spec: { policyName: name, validationActions: ['Deny'], matchResources: thisNamespace },
      }
    default:
      return { ...manifest, metadata: { ...metadata, namespace: name } }
  }
}

async function closeNamespace(name: string): Promise<void> {
  const ignoreMissing = ['--ignore-not-found', '--wait=false']
  await kubectl([
    'delete',
    'validatingadmissionpolicybinding,validatingadmissionpolicy',
    name,
    ...ignoreMissing,
  ])
  // Deleting the namespace would wait for the pods' grace periods. No test needs these pods any more.
  await kubectl(['-n', name, 'delete', 'jobs,deployments', '--all', '--wait=false'])
  await kubectl(['-n', name, 'delete', 'pods', '--all', '--force', '--grace-period=0', '--wait=false'])
  await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--timeout', '100s'])
}

interface Access {
  readonly endpoint: string
  readonly ca: string
  readonly token: string
}

/** Creates a service account for each function, bound to the function's Role, and returns their tokens. */
async function functionsAccess(namespace: string): Promise<Record<FunctionName, Access>> {
  const { cluster, token } = await readContext(CONTEXT)
  const accessOf = async (name: FunctionName): Promise<Access> => {
    const here = ['-n', namespace]
    await kubectl([...here, 'create', 'serviceaccount', name])
    const bound = ['--role', name, '--serviceaccount', `${namespace}:${name}`]
    await kubectl([...here, 'create', 'rolebinding', `${name}-of-this-test`, ...bound])
    const made = (await kubectl([...here, 'create', 'token', name, '--duration', '1h'])).trim()
    if (made === token) throw new Error('Expected the token of the service account, got the administrator’s.')
    return { ...cluster, token: made }
  }
  const [api, refill] = await Promise.all([accessOf('api'), accessOf('refill')])
  return { api, refill }
}

interface KubeConfigView {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string } },
  ]
  readonly users: readonly [{ readonly user: { readonly token?: string } }]
}

async function readContext(context: string) {
  const view: KubeConfigView = JSON.parse(
    await kubectl(['config', 'view', '--raw', '--flatten', '--minify', '--context', context, '-o', 'json']),
  )
  const { server, 'certificate-authority-data': ca = '' } = view.clusters[0].cluster
  return { cluster: { endpoint: server, ca }, token: view.users[0].user.token }
}

function environmentOf({
  endpoint,
  ca,
  token,
  namespace,
  image,
  limits,
}: Access & { namespace: string; image: string; limits: string }): Record<string, string> {
  return {
    AWS_REGION: 'local',
    POOL_TABLE: 'pool',
    SESSIONS_TABLE: 'sessions',
    REFILL_FUNCTION: 'refill',
    SITE_ORIGIN: 'http://localhost',
    CLUSTER_NAME: CONTEXT,
    KUBERNETES_ENDPOINT: endpoint,
    KUBERNETES_CA: ca,
    KUBERNETES_TOKEN: token,
    NAMESPACE: namespace,
    IMAGE: image,
    LIMITS: limits,
  }
}
