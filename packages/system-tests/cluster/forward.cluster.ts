/** The path to the gateway through the API server, for machines that cannot reach the pods' network. */
import type { Cluster } from '@warm-pods/functions/kubernetes/cluster.ts'
import { createApiClient } from '@warm-pods/local/cluster-context/api-client.ts'
import { startClusterProxy } from '@warm-pods/local/cluster-context/cluster-proxy.ts'
import {
  type GatewayEndpoints,
  trackGatewayEndpoints,
} from '@warm-pods/local/cluster-context/gateway-endpoints.ts'
import { createGatewayProxy } from '@warm-pods/local/cluster-context/gateway-proxy.ts'
import { kubeconfigFiles, loadContext } from '@warm-pods/local/cluster-context/kubeconfig-files.ts'
import { startDevServer } from '@warm-pods/local/dev-server/dev-server.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { visit } from '../../pod/tests/_util.ts'
import { protocolsFor } from './_gateway.ts'
import { CONTEXT } from './_kubectl.ts'
import { openNamespace, type TestNamespace } from './_namespace.ts'
import { createJob, readyPod, type TestJob, until } from './_pods.ts'

const TOKEN = 'of-this-test'
const stack = new AsyncDisposableStack()
let namespace: TestNamespace
let cluster: Cluster
let endpoints: GatewayEndpoints
let job: TestJob
let ip = ''
let site = ''
beforeAll(async () => {
  namespace = stack.use(await openNamespace())
  cluster = namespace.adapter()
  const files = kubeconfigFiles({ given: undefined, environment: process.env, from: process.cwd() })
  const access = createApiClient(loadContext(files, CONTEXT))
  stack.defer(() => access.close())
  const door = await startClusterProxy({
    port: 0,
    client: access,
    namespace: namespace.name,
    impersonation: 'provisioner',
    token: TOKEN,
  })
  stack.defer(() => door.close())
  const endpoint = `http://127.0.0.1:${door.port}`
  endpoints = stack.use(
    await trackGatewayEndpoints({ endpoint, token: TOKEN, namespace: namespace.name, routable: false }),
  )
  const gateway = createGatewayProxy(endpoints)
  const devServer = await startDevServer({
    port: 0,
    page: '/nowhere',
    gateway,
    api: { name: 'api', handler: async () => undefined, timeoutMs: 1_000 },
    onError: (_id, error) => console.error(error),
  })
  stack.defer(() => devServer.close())
  stack.defer(() => gateway.close())
  site = `127.0.0.1:${devServer.port}`
  job = await createJob(cluster)
  ip = (await readyPod(cluster, job)).pod.ip
})
afterAll(() => stack.disposeAsync())

async function open() {
  const visitor = visit(`ws://${site}/pod/${ip}`, await protocolsFor(job))
  await visitor.received((message) => message.includes('"hello"'))
  return visitor
}

it('finds both replicas, each at a separate port of this machine', () => {
  expect(endpoints.current()).toHaveLength(2)
  expect(new Set(endpoints.current().map(({ port }) => port)).size).toBe(2)
  expect(endpoints.current().every(({ host }) => host === '127.0.0.1')).toBe(true)
})

it('forwards the hello, many pings and the pod’s close code', async () => {
  using visitor = await open()
  for (let seq = 1; seq <= 15; seq++) visitor.ws.send(`p,${seq}`)
  expect(await visitor.received((message) => message.startsWith('p,15,'))).toMatch(/^p,15,\d+$/)
  const { pod } = await readyPod(cluster, job)
  await cluster.deletePod(pod.name, pod.uid, 5_000)
  expect(await visitor.closed).toMatchObject({ code: 4001 })
  ip = (await readyPod(cluster, job, pod.uid)).pod.ip
})

it('forwards the gateway’s refusals unchanged', async () => {
  const status = async (path: string) => (await fetch(`http://${site}${path}`)).status
  expect(await status(`/pod/${ip}`)).toBe(426)
  expect(await status('/pod/127.0.0.1')).toBe(404)
  expect(await status(`/pod/${ip}%3F`)).toBe(404)
})

it('uses the other replica when one is deleted, and its successor later', async () => {
  const [before = ''] = await gateways()
  await namespace.kubectl('delete', 'pod', before, '--grace-period=0', '--force')
  // Connections at the end of a replica may be cut with it. The page would connect again, and so does this test.
  using visitor = await until('a socket through the other replica', () => open().catch(() => undefined))
  visitor.ws.send('p,1')
  await visitor.received((message) => message.startsWith('p,1,'))
  await until('both replicas to be Ready again', async () => {
    await endpoints.refresh()
    return endpoints.current().length === 2 && !(await gateways()).includes(before)
  })
  using again = await open()
  again.ws.send('p,1')
  await again.received((message) => message.startsWith('p,1,'))
})

async function gateways(): Promise<string[]> {
  const output = await namespace.kubectl(
    'get',
    'pods',
    '-l',
    'app.kubernetes.io/name=warm-pods-gateway',
    '-o',
    'name',
  )
  return output
    .trim()
    .split('\n')
    .map((name) => name.replace('pod/', ''))
}
