/** The load balancer of the deployed gateway: its target group, the binding in the cluster, and the gateway's Ready pods. */
import { randomBytes } from 'node:crypto'
import type { ApiClient } from '@warm-pods/local/cluster-context/api-client.ts'
import { startClusterProxy } from '@warm-pods/local/cluster-context/cluster-proxy.ts'
import { trackGatewayEndpoints } from '@warm-pods/local/cluster-context/gateway-endpoints.ts'
import { gatewayList, readGateways } from '@warm-pods/local/cluster-context/gateway-pods.ts'
import { createGatewayProxy } from '@warm-pods/local/cluster-context/gateway-proxy.ts'
import { isGateway } from '@warm-pods/local/cluster-context/is-gateway.ts'
import * as v from 'valibot'
import { type Emulator, textOf } from './aws/emulator.ts'
import { NAMESPACE } from './kubernetes/cluster.ts'
import type { Site } from './network/redirect.ts'

const ELB = '2015-12-01'
const Binding = v.object({
  spec: v.object({
    targetGroupARN: v.string(),
    targetType: v.string(),
    serviceRef: v.object({ name: v.string(), port: v.number() }),
  }),
})
const Service = v.object({
  spec: v.object({
    ports: v.array(v.object({ port: v.number(), targetPort: v.union([v.number(), v.string()]) })),
  }),
})

/** Checks that the binding joins the deployed Service and target group. @throws Error if either is missing or differs. */
export async function checkBinding(client: ApiClient, emulator: Emulator): Promise<void> {
  const read = async (path: string) => (await client.call('GET', path)).body
  const path = `/apis/eks.amazonaws.com/v1/namespaces/${NAMESPACE}/targetgroupbindings/gateway`
  const { targetGroupARN, targetType, serviceRef } = v.parse(Binding, await read(path)).spec
  const group = await emulator.query('elasticloadbalancing', ELB, {
    Action: 'DescribeTargetGroups',
    'TargetGroupArns.member.1': targetGroupARN,
  })
  const deployedType = textOf(group, 'TargetType')
  if (deployedType !== targetType)
    throw new Error(
      `The target group has the type ${deployedType}, and the TargetGroupBinding ${targetType}.`,
    )
  const service = v.parse(Service, await read(`/api/v1/namespaces/${NAMESPACE}/services/${serviceRef.name}`))
  if (!service.spec.ports.some(({ port }) => port === serviceRef.port))
    throw new Error(
      `The Service ${serviceRef.name} has no port ${serviceRef.port}, which the TargetGroupBinding names.`,
    )
}

export interface RunningGateway extends AsyncDisposable {
  readonly site: Site
}

/** Starts the way to the gateway's pods: to their own addresses where this machine reaches them, or else by forwarded ports. */
export async function startGateway(
  client: ApiClient,
  onProblem: (problem: string) => void,
): Promise<RunningGateway> {
  const token = randomBytes(32).toString('base64url')
  const proxy = await startClusterProxy({
    port: 0,
    client,
    namespace: NAMESPACE,
    impersonation: 'none',
    token,
  })
  const { ready } = readGateways((await client.call('GET', gatewayList(NAMESPACE))).body)
  const routable = ready[0] !== undefined && (await isGateway(ready[0].ip))
  const endpoint = `http://127.0.0.1:${proxy.port}`
  const endpoints = await trackGatewayEndpoints({
    endpoint,
    token,
    namespace: NAMESPACE,
    routable,
    onProblem,
  })
  const gateway = createGatewayProxy(endpoints)
  return {
    site: {
      request: gateway.request,
      upgrade: (request, socket, head) => gateway.upgrade(request, socket, head),
    },
    async [Symbol.asyncDispose]() {
      gateway.close()
      await endpoints[Symbol.asyncDispose]()
      await proxy.close()
    },
  }
}
