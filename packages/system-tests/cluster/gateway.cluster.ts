/** The deployed nginx of k8s/: the requests that it refuses and forwards, and the cost of its rollout. */
import type { V1PodList } from '@kubernetes/client-node'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { Cluster } from '@warm-pods/functions/kubernetes/cluster.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { handshake, rawPeer } from '../../pod/tests/_util.ts'
import { GATEWAY_PORT, isRoutable, NOT_ROUTABLE, openVisit, readyGateways } from './_gateway.ts'
import { hostileRequests, hostileTargets } from './_hostile.ts'
import { openNamespace, type TestNamespace } from './_namespace.ts'
import { createJob, readyPod, type TestJob, until } from './_pods.ts'
import { persistentVisitor } from './_visitor.ts'

let namespace: TestNamespace
let cluster: Cluster
let gateway = ''
let job: TestJob
let ip = ''
beforeAll(async () => {
  namespace = await openNamespace()
  cluster = namespace.adapter()
  const [first = ''] = await readyGateways(namespace)
  gateway = (await isRoutable(first)) ? first : ''
  job = await createJob(cluster)
  ip = (await readyPod(cluster, job)).pod.ip
})
beforeEach((context) => {
  if (!gateway) context.skip(NOT_ROUTABLE)
})
afterAll(() => namespace?.[Symbol.asyncDispose]())

/** Sends raw bytes and returns the status of the response; 0 without a status line. */
async function statusOf(request: string): Promise<number> {
  using peer = await rawPeer(GATEWAY_PORT, request, gateway)
  await Promise.race([peer.ended, peer.received('\r\n\r\n')])
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(peer.text())?.[1] ?? 0)
}

interface AccessLine {
  readonly pod: string
  readonly status: string
  readonly pod_status: string
}

/** Returns every line of the access logs of all gateways. */
async function accessLog(): Promise<AccessLine[]> {
  const text = await namespace.kubectl('logs', '-l', 'app.kubernetes.io/name=warm-pods-gateway', '--tail=-1')
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): AccessLine => JSON.parse(line))
}

describe('refuses', () => {
  it('every target that names no pod, as an upgrade and as a plain request, without a request to a pod', async () => {
    const targets = hostileTargets(ip)
    const wrong: string[] = []
    for (const target of targets) {
      const bytes = Buffer.from(target, 'utf8').toString('latin1')
      for (const request of [
        handshake(bytes, 'warm-pods.v1'),
        `GET ${bytes} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      ]) {
        const status = await statusOf(request)
        if (status !== 404 && status !== 400) wrong.push(`${status} ${target}`)
      }
    }
    expect(wrong).toEqual([])
    expect(targets.length).toBeGreaterThan(80)
    expect((await accessLog()).filter(({ pod_status }) => pod_status !== '')).toEqual([])
  })

  it('every request that is not a handshake, each with its own status', async () => {
    const got: [string, number][] = []
    for (const [what, request] of hostileRequests(ip)) got.push([what, await statusOf(request)])
    expect(got).toEqual(hostileRequests(ip).map(([what, , status]) => [what, status]))
    expect((await accessLog()).filter(({ pod_status }) => pod_status !== '')).toEqual([])
  })

  it('an upgrade to an address of the pods’ network without a pod', async () => {
    const unusedIp = ip.replace(/\d+$/, '254')
    const startMs = performance.now()
    expect([502, 504]).toContain(await statusOf(handshake(`/pod/${unusedIp}`, 'warm-pods.v1')))
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })

  it('its own address as a pod’s address: it never connects to itself', async () => {
    expect([404, 502, 504]).toContain(await statusOf(handshake(`/pod/${gateway}`, 'warm-pods.v1')))
  })
})

describe('forwards', () => {
  it('a visit, also after the refused requests above', async () => {
    using visitor = await openVisit(gateway, ip, job)
    visitor.ws.send('p,7')
    expect(await visitor.received((message) => message.startsWith('p,7,'))).toMatch(/^p,7,\d+$/)
    expect((await accessLog()).some(({ status }) => status === '429')).toBe(false)
  })

  it('the pod’s own refusal with its close code and reason', async () => {
    const forged = openVisit(gateway, ip, { ...job, key: newPodKey() })
    await expect(forged).rejects.toThrow('4003 The token was not made for this pod.')
  })

  it('only the pod, the outcome and the durations into its log', async () => {
    using _visitor = await openVisit(gateway, ip, job)
    const names = new Set((await accessLog()).flatMap((line) => Object.keys(line)))
    expect([...names]).toEqual(['at', 'id', 'pod', 'status', 'pod_status', 'connect_s', 's', 'in', 'out'])
  })
})

async function gatewayPods(): Promise<string[]> {
  const pods = await namespace.json<V1PodList>(
    'get',
    'pods',
    '-l',
    'app.kubernetes.io/name=warm-pods-gateway',
  )
  return pods.items.flatMap(({ metadata }) => metadata?.name ?? [])
}

describe('a rollout', () => {
  it('costs each visitor one reconnect without a failure', async () => {
    const jobs = await Promise.all(Array.from({ length: 6 }, () => createJob(cluster)))
    const pods = await Promise.all(jobs.map((one) => readyPod(cluster, one)))
    const stop = new AbortController()
    const visitors = jobs.map((one, i) =>
      persistentVisitor({
        job: one,
        ip: pods[i]?.pod.ip ?? '',
        gateways: () => readyGateways(namespace),
        signal: stop.signal,
      }),
    )
    await until('every visitor to be served', async () =>
      visitors.every((visitor) => visitor.report().pongs > 3),
    )
    const before = await gatewayPods()
    await namespace.kubectl('rollout', 'restart', 'deployment/gateway')
    await namespace.kubectl('rollout', 'status', 'deployment/gateway', '--timeout', '120s')
    await until('the old gateways to be gone', async () => {
      const now = await gatewayPods()
      return before.every((name) => !now.includes(name))
    })
    const atEnd = visitors.map((visitor) => visitor.report().pongs)
    await until('every visitor to be served again', async () =>
      visitors.every((visitor, i) => visitor.report().pongs > (atEnd[i] ?? 0) + 3),
    )
    stop.abort()
    const reports = await Promise.all(visitors.map((visitor) => visitor.ended))
    console.log('rollout', JSON.stringify(reports))
    expect(reports.map(({ failures }) => failures)).toEqual(reports.map(() => []))
    expect(reports.map(({ moves }) => moves)).toEqual(reports.map(() => 1))
    await Promise.all(jobs.map((one) => cluster.deleteJob(one.name, {})))
  })
})
