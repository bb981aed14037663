/** A visitor's path to a pod: through one of the Ready gateways, as a load balancer would choose one. */
import { connect } from 'node:net'
import type { V1EndpointSliceList } from '@kubernetes/client-node'
import { signToken } from '@warm-pods/core/identity/token.ts'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { ADA, inSeconds, type Visitor, visit } from '../../pod/tests/_util.ts'
import type { TestNamespace } from './_namespace.ts'
import type { TestJob } from './_pods.ts'

export const GATEWAY_PORT = 8080
const REACH_MS = 3_000

/** Returns the addresses of the gateways that accept new visitors now. */
export async function readyGateways(namespace: TestNamespace): Promise<string[]> {
  const slices = await namespace.json<V1EndpointSliceList>(
    'get',
    'endpointslices',
    '-l',
    'kubernetes.io/service-name=gateway',
  )
  return slices.items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .flatMap(({ addresses }) => addresses)
}

/** Returns whether this machine can reach the pods' network. On a Mac, for example, kind's network is not reachable. */
export function isRoutable(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: GATEWAY_PORT, timeout: REACH_MS })
    const end = (reached: boolean) => () => {
      socket.destroy()
      resolve(reached)
    }
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
  })
}

/** The reason of a skipped test. */
export const NOT_ROUTABLE =
  'This machine cannot reach the pods of this cluster, so nothing was sent through the gateway.'

/** Returns the subprotocols of a visitor's socket: the protocol, and a token for this pod, valid for 10 minutes. */
export async function protocolsFor(job: TestJob, epoch = 1): Promise<string[]> {
  const token = await signToken(job.key, { sessionId: ADA, epoch, expiresAtS: inSeconds(600) })
  return [SUBPROTOCOL, token]
}

/** Opens a visitor's socket to the pod at `ip`. If the pod refuses it, `closed` has the reason. */
export async function openSocket(gateway: string, ip: string, job: TestJob, epoch = 1): Promise<Visitor> {
  return visit(`ws://${gateway}:${GATEWAY_PORT}/pod/${ip}`, await protocolsFor(job, epoch))
}

/**
 * Opens a socket and waits for the pod's hello.
 * @throws Error when the socket closes first.
 */
export async function openVisit(gateway: string, ip: string, job: TestJob, epoch?: number): Promise<Visitor> {
  const visitor = await openSocket(gateway, ip, job, epoch)
  await visitor.received((message) => message.includes('"hello"'))
  return visitor
}
