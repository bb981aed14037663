/** The way of a visitor to a pod: through one of the gateways that are Ready, as a load balancer would choose it. */
import { connect } from 'node:net'
import type { V1EndpointSliceList } from '@kubernetes/client-node'
import { signToken } from '@warm-pods/core/identity/token.ts'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { ADA, inSeconds, type Visitor, visit } from '../../pod/tests/_util.ts'
import type { TestNamespace } from './_namespace.ts'
import type { TestJob } from './_pods.ts'

export const GATEWAY_PORT = 8080
const REACH_MS = 3_000

/** Addresses of the gateways that take new visitors now. */
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

/** Whether this machine has a way to pods at all: kind on a Mac, for one, has none. */
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

export const NO_WAY =
  'This machine has no way to the pods of this cluster: nothing was sent through the gateway.'

/** What a visitor's socket asks for: the protocol, and a token for this pod. */
export async function protocolsFor(job: TestJob, epoch = 1): Promise<string[]> {
  const token = await signToken(job.key, { sessionId: ADA, epoch, expiresAtS: inSeconds(600) })
  return [SUBPROTOCOL, token]
}

/** A visitor's socket to the pod at `ip`. It may be refused: see its `closed`. */
export async function openSocket(gateway: string, ip: string, job: TestJob, epoch = 1): Promise<Visitor> {
  return visit(`ws://${gateway}:${GATEWAY_PORT}/pod/${ip}`, await protocolsFor(job, epoch))
}

/** The same, once the pod has said hello. @throws when it closes first. */
export async function openVisit(gateway: string, ip: string, job: TestJob, epoch?: number): Promise<Visitor> {
  const visitor = await openSocket(gateway, ip, job, epoch)
  await visitor.heard((message) => message.includes('"hello"'))
  return visitor
}
