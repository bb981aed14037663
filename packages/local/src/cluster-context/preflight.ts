/** Everything that `npm start -- --context` needs of a cluster, looked at before anything is started. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Access, type Answer, type As, whyNoAnswer } from './api-client.ts'
import { GATEWAY_PORT, type GatewayState, gatewayList, readGateways, regionOfPods } from './gateway-pods.ts'
import { readNodes } from './images.ts'
import { Missing } from './kubeconfig-files.ts'
import { lacking, may, whoToBe } from './permissions.ts'
import { admits, isGateway } from './reachability.ts'

export interface PreflightOptions {
  readonly access: Access
  readonly context: string
  readonly namespace: string
  readonly image: string
  /** Applies the overlay, when the person asked for it. */
  readonly apply?: () => Promise<void>
  readonly note: (sentence: string) => void
  readonly doing: (text: string) => void
  readonly signal: AbortSignal
  /** How long a gateway that is not Ready may take. Default 20,000. */
  readonly gatewayPatienceMs?: number
}

/** What was found, and is needed to start. */
export interface Found {
  readonly version: string
  readonly as: As
  readonly region: string
  readonly gateways: number
  readonly routable: boolean
}

const APPLY = 'Run again with --apply, which makes it from k8s/overlays/local'

/** @throws Missing for the first thing that is not as it must be. */
export async function preflight(options: PreflightOptions): Promise<Found> {
  const { access, context, namespace } = options
  const version = await reachable(options)
  await options.apply?.()
  await namespaceThere(options)
  const as = await whoToBe(access)
  await rightsThere(options, as)
  const { body, state } = await gatewayReady(options)
  const routable = await wayTo(options, state)
  const nodes = await readNodes(access)
  if (nodes && !nodes.mayHave(options.image))
    options.note(
      `No node of ${context} has the image ${options.image} yet. Unless they can pull it, put it there: kind load docker-image ${options.image}, k3d image import ${options.image}, or name another: --image <reference>`,
    )
  await tellRights(options, as)
  const region = nodes?.region ?? regionOfPods(body) ?? '-'
  return { version, as, region, gateways: state.ready.length, routable }

  async function tellRights({ note }: PreflightOptions, who: As): Promise<void> {
    if (who === 'provisioner') return
    const more = await may(access, 'self', { namespace, resource: 'secrets', verb: 'get' })
    if (more)
      note(
        `The context ${context} may do more in ${namespace} than Warm Pods needs. A user who is only in the group warm-pods:provisioner is enough.`,
      )
  }
}

async function reachable({ access, context }: PreflightOptions): Promise<string> {
  let answer: Answer
  try {
    answer = await access.call('GET', '/version')
  } catch (error) {
    throw new Missing(
      `The API server of the context "${context}", ${access.server}, is not reached: ${whyNoAnswer(error)}. Is the cluster running, and this machine on its network?`,
    )
  }
  if (answer.status === 401)
    throw new Missing(
      `The API server of the context "${context}" does not know you (401 Unauthorized): its credentials have expired or are another cluster's. Log in to it again.`,
    )
  if (answer.status !== 200)
    throw new Missing(
      `The API server of the context "${context}", ${access.server}, answers ${answer.status} when asked for its version: ${said(answer)}.`,
    )
  return String(answer.body.gitVersion ?? 'of an unknown version')
}

async function namespaceThere({ access, context, namespace }: PreflightOptions): Promise<void> {
  const answer = await access.call('GET', `/api/v1/namespaces/${namespace}`)
  // Somebody with rights in the namespace alone may not read it; then what follows tells.
  if (answer.status === 403) return
  if (answer.status === 404)
    throw new Missing(
      `The cluster of "${context}" has no namespace ${namespace}. ${APPLY}, or apply that yourself.`,
    )
  if (answer.status !== 200) throw new Missing(`The namespace ${namespace} cannot be read: ${said(answer)}.`)
  if ((answer.body as { status?: { phase?: string } }).status?.phase === 'Terminating')
    throw new Missing(
      `The namespace ${namespace} is being deleted. Wait until it is gone, then run again with --apply.`,
    )
}

async function rightsThere({ access, apply, context, namespace }: PreflightOptions, as: As): Promise<void> {
  let missing = await lacking(access, as, namespace)
  // The API server learns of a Role that was applied just now within moments.
  for (let tries = apply ? 6 : 0; missing.length > 0 && tries > 0; tries--) {
    await sleep(500)
    missing = await lacking(access, as, namespace)
  }
  if (missing.length === 0) return
  const what = `${missing.join(', ')} in the namespace ${namespace}`
  throw new Missing(
    as === 'provisioner'
      ? `The group warm-pods:provisioner may not ${what}: the RoleBinding of k8s/overlays/local is not there. ${APPLY}.`
      : `The context "${context}" may not ${what}. Let an administrator apply k8s/overlays/local and put you into the group warm-pods:provisioner, or choose another context.`,
  )
}

async function gatewayReady(options: PreflightOptions): Promise<{ body: unknown; state: GatewayState }> {
  const { access, doing, gatewayPatienceMs = 20_000, namespace, signal } = options
  const deadline = performance.now() + gatewayPatienceMs
  for (;;) {
    const answer = await access.call('GET', gatewayList(namespace))
    if (answer.status !== 200) throw new Missing(`The gateway's pods cannot be listed: ${said(answer)}.`)
    const state = readGateways(answer.body)
    if (state.ready.length > 0) return { body: answer.body, state }
    if (state.pods === 0) throw new Missing(`There is no gateway in the namespace ${namespace}. ${APPLY}.`)
    if (performance.now() > deadline) throw new Missing(notReady(namespace, state))
    doing(`waiting for the gateway${state.problem ? ` (${state.problem})` : ''}`)
    await sleep(500, undefined, { signal })
  }
}

function notReady(namespace: string, { pods, problem }: GatewayState): string {
  const look = `kubectl -n ${namespace} describe pods -l app.kubernetes.io/name=warm-pods-gateway`
  if (problem && /Image/.test(problem))
    return `The gateway's image cannot be had (${problem}): the nodes must reach a registry for nginxinc/nginx-unprivileged:stable, or have it already. More: ${look}`
  return `None of the gateway's ${pods} pods is Ready${problem ? ` (${problem})` : ''}. What holds them up: ${look}`
}

/** Whether pods are reached at their addresses. @throws Missing when neither that nor a forwarded port can be. */
async function wayTo(
  { access, context, namespace, note }: PreflightOptions,
  state: GatewayState,
): Promise<boolean> {
  for (const { ip } of state.ready) {
    if (!(await isGateway(ip))) continue
    if (!(await admits(ip, GATEWAY_PORT, ip)))
      note(
        `The gateway takes ${ip} for no pod's address, so it will refuse every visit: put the network of this cluster's pods into k8s/overlays/local/cluster.conf, then run again with --apply.`,
      )
    return true
  }
  if (await may(access, 'self', { namespace, resource: 'pods', subresource: 'portforward', verb: 'create' }))
    return false
  throw new Missing(
    `This machine has no way to the pods of "${context}", and the context may not forward a port (create pods/portforward in ${namespace}). Choose a context that may.`,
  )
}

/** The words of a Status, without a full stop. */
function said({ body, status, text }: Answer): string {
  const message = typeof body.message === 'string' ? body.message : text.slice(0, 200)
  return `${status} ${message}`.trim().replace(/\.$/, '')
}
