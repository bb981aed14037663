/** The checks of `npm start -- --context` before it starts anything: API server, namespace, permissions, gateway, image. */
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../user-error.ts'
import {
  type ApiClient,
  type ApiResponse,
  describeNetworkError,
  type Impersonation,
  statusText,
} from './api-client.ts'
import { type GatewayState, gatewayList, readGateways, regionOfPods } from './gateway-pods.ts'
import { missingImageText, readNodeInfo } from './images.ts'
import { isGateway } from './is-gateway.ts'
import { chooseImpersonation, isPermitted, missingPermissions } from './permissions.ts'

export interface PreflightOptions {
  readonly client: ApiClient
  readonly context: string
  readonly namespace: string
  readonly image: string
  /** Applies the overlay, when `--apply` was given. */
  readonly apply?: () => Promise<void>
  /** Called with each warning. */
  readonly onNote: (text: string) => void
  /** Called with the current check. */
  readonly onProgress: (text: string) => void
  readonly signal: AbortSignal
  /** How long to wait for the first Ready gateway pod, milliseconds. Default 20,000. */
  readonly gatewayPatienceMs?: number
}

export interface PreflightResult {
  /** The version of Kubernetes. */
  readonly version: string
  /** For the requests of the functions. */
  readonly impersonation: Impersonation
  /** The region of the nodes; `-` when it is unknown. */
  readonly region: string
  /** How many gateway pods are Ready. */
  readonly gateways: number
  /** Whether this machine can reach pods at their own addresses. */
  readonly routable: boolean
}

const APPLY_ADVICE = 'Run again with --apply, which creates it from k8s/overlays/local'

/** @throws UserError for the first check that fails. */
export async function preflight(options: PreflightOptions): Promise<PreflightResult> {
  const { client, context } = options
  const version = await checkApiServer(options)
  await options.apply?.()
  await checkNamespace(options)
  const impersonation = await chooseImpersonation(client)
  await checkPermissions(options, impersonation)
  const { body, state } = await awaitReadyGateway(options)
  const routable = await checkPodNetwork(options, state)
  const nodes = await readNodeInfo(client)
  if (nodes?.hasImage(options.image) === false) options.onNote(missingImageText(context, options.image))
  await noteExcessPermissions(options, impersonation)
  const region = nodes?.region ?? regionOfPods(body) ?? '-'
  return { version, impersonation, region, gateways: state.ready.length, routable }
}

async function checkApiServer({ client, context }: PreflightOptions): Promise<string> {
  let response: ApiResponse
  try {
    response = await client.call('GET', '/version')
  } catch (error) {
    throw new UserError(
      `The API server of the context "${context}", ${client.server}, cannot be reached: ${describeNetworkError(error)}. Check that the cluster runs and that this machine is on its network.`,
    )
  }
  if (response.status === 401)
    throw new UserError(
      `The API server of the context "${context}" rejects your credentials (401 Unauthorized). They have expired or belong to another cluster. Log in to the cluster again.`,
    )
  if (response.status !== 200)
    throw new UserError(
      `The API server of the context "${context}", ${client.server}, failed to report its version: ${statusText(response)}.`,
    )
  return String(response.body.gitVersion ?? 'of an unknown version')
}

async function checkNamespace({ client, context, namespace }: PreflightOptions): Promise<void> {
  const response = await client.call('GET', `/api/v1/namespaces/${namespace}`)
  // A user with rights only inside the namespace may not read the namespace itself. The next checks decide.
  if (response.status === 403) return
  if (response.status === 404)
    throw new UserError(
      `The cluster of "${context}" has no namespace ${namespace}. ${APPLY_ADVICE}, or apply that yourself.`,
    )
  if (response.status !== 200)
    throw new UserError(`The namespace ${namespace} cannot be read: ${statusText(response)}.`)
  if ((response.body as { status?: { phase?: string } }).status?.phase === 'Terminating')
    throw new UserError(
      `The namespace ${namespace} is being deleted. Wait until it is gone, then run again with --apply.`,
    )
}

async function checkPermissions(
  { apply, client, context, namespace }: PreflightOptions,
  impersonation: Impersonation,
): Promise<void> {
  let missing = await missingPermissions(client, impersonation, namespace)
  // The API server needs a moment until it uses a Role that was just applied.
  for (let retries = apply ? 6 : 0; missing.length > 0 && retries > 0; retries--) {
    await sleep(500)
    missing = await missingPermissions(client, impersonation, namespace)
  }
  if (missing.length === 0) return
  const actions = `${missing.join(', ')} in the namespace ${namespace}`
  throw new UserError(
    impersonation === 'provisioner'
      ? `The group warm-pods:provisioner may not ${actions}, because the RoleBinding of k8s/overlays/local is missing. ${APPLY_ADVICE}.`
      : `The context "${context}" may not ${actions}. Ask an administrator to apply k8s/overlays/local and to add you to the group warm-pods:provisioner, or choose another context.`,
  )
}

async function noteExcessPermissions(
  { client, context, namespace, onNote }: PreflightOptions,
  impersonation: Impersonation,
): Promise<void> {
  if (impersonation === 'provisioner') return
  const isAdmin = await isPermitted(client, 'none', { namespace, resource: 'secrets', verb: 'get' })
  if (isAdmin)
    onNote(
      `The context ${context} has more rights in ${namespace} than Warm Pods needs. A user in the group warm-pods:provisioner alone is enough.`,
    )
}

async function awaitReadyGateway(options: PreflightOptions): Promise<{ body: unknown; state: GatewayState }> {
  const { client, gatewayPatienceMs = 20_000, namespace, onProgress, signal } = options
  const deadline = performance.now() + gatewayPatienceMs
  for (;;) {
    const response = await client.call('GET', gatewayList(namespace))
    if (response.status !== 200)
      throw new UserError(`The gateway's pods cannot be listed: ${statusText(response)}.`)
    const state = readGateways(response.body)
    if (state.ready.length > 0) return { body: response.body, state }
    if (state.pods === 0) throw new UserError(`The namespace ${namespace} has no gateway. ${APPLY_ADVICE}.`)
    if (performance.now() > deadline) throw new UserError(notReadyMessage(namespace, state))
    onProgress(`waiting for the gateway${state.problem ? ` (${state.problem})` : ''}`)
    await sleep(500, undefined, { signal })
  }
}

function notReadyMessage(namespace: string, { pods, problem }: GatewayState): string {
  const describe = `kubectl -n ${namespace} describe pods -l app.kubernetes.io/name=warm-pods-gateway`
  if (problem && /Image/.test(problem))
    return `The gateway's image cannot be pulled (${problem}). Give the nodes access to a registry with nginxinc/nginx-unprivileged:stable, or load the image. Details: ${describe}`
  return `None of the gateway's ${pods} pods is Ready${problem ? ` (${problem})` : ''}. Details: ${describe}`
}

/**
 * Finds out how the dev server reaches the gateway. Refill checks the way from the gateway to the pods, by the handshakes of
 * `functions/gateway`, before a pod counts as warm.
 * @returns whether this machine reaches pods at their own addresses. If not, the user may forward a port.
 * @throws UserError when neither is possible.
 */
async function checkPodNetwork(
  { client, context, namespace }: PreflightOptions,
  state: GatewayState,
): Promise<boolean> {
  for (const { ip } of state.ready) {
    if (await isGateway(ip)) return true
  }
  const portForward = { namespace, resource: 'pods', subresource: 'portforward', verb: 'create' }
  if (await isPermitted(client, 'none', portForward)) return false
  throw new UserError(
    `This machine cannot reach the pods of "${context}", and the context may not forward a port (create pods/portforward in ${namespace}). Choose a context that may.`,
  )
}
