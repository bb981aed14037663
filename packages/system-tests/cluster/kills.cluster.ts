/** Kills on a real node: the pod's exit, the reaction of its Job, and the visitor's socket through the gateway. */
import type { V1ContainerStateTerminated, V1Pod } from '@kubernetes/client-node'
import { HelloSchema } from '@warm-pods/core/socket.ts'
import type { Cluster } from '@warm-pods/functions/kubernetes/cluster.ts'
import * as v from 'valibot'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Visitor } from '../../pod/tests/_util.ts'
import { isRoutable, NOT_ROUTABLE, openVisit, readyGateways } from './_gateway.ts'
import { IMAGE } from './_kubectl.ts'
import { openNamespace, type TestNamespace } from './_namespace.ts'
import { createJob, readyPod, type TestJob, until } from './_pods.ts'

let namespace: TestNamespace
let cluster: Cluster
let gateway = ''
beforeAll(async () => {
  namespace = await openNamespace()
  cluster = namespace.adapter()
  const [first = ''] = await readyGateways(namespace)
  gateway = (await isRoutable(first)) ? first : ''
})
beforeEach((context) => {
  if (!gateway) context.skip(NOT_ROUTABLE)
})
afterAll(() => namespace?.[Symbol.asyncDispose]())

async function startVisit(adapter = cluster) {
  const job = await createJob(adapter)
  const { pod } = await readyPod(adapter, job)
  return { job, pod, visitor: await openVisit(gateway, pod.ip, job) }
}

/** Waits for the terminated state of the pod's container. The API has it for a short time only. */
function endOf(podName: string): Promise<V1ContainerStateTerminated> {
  return until(
    `${podName} to be over`,
    async () => {
      const pod = await namespace.json<V1Pod>('get', 'pod', podName)
      return pod.status?.containerStatuses?.[0]?.state?.terminated
    },
    30,
  )
}

/** Expects a new pod of the Job that accepts a token of the same key. */
async function expectHealed(job: TestJob, oldUid: string): Promise<void> {
  const healed = await readyPod(cluster, job, oldUid)
  expect(healed.pod.uid).not.toBe(oldUid)
  using again = await openVisit(gateway, healed.pod.ip, job, 2)
  expect(helloOf(again).uid).toBe(healed.pod.uid)
  expect(await cluster.getJob(job.name)).toMatchObject({ state: 'active' })
}

function helloOf(visitor: Visitor): v.InferOutput<typeof HelloSchema> {
  return v.parse(HelloSchema, JSON.parse(visitor.messages[0] ?? ''))
}

it('the hello has the pod, node, zone and image that Kubernetes reports', async () => {
  const { job, pod, visitor } = await startVisit()
  using _visitor = visitor
  const { uid, name, node, zone, image } = helloOf(visitor)
  expect({ uid, name, node, zone, image }).toEqual({
    uid: pod.uid,
    name: pod.name,
    node: pod.node,
    zone: pod.zone,
    image: IMAGE,
  })
  visitor.ws.send('p,1')
  expect(await visitor.received((message) => message.startsWith('p,1,'))).toMatch(/^p,1,\d+$/)
  await cluster.deleteJob(job.name, {})
})

it('polite kill: the pod sends terminating, closes with 4001 and exits 143, and its Job heals', async () => {
  const { job, pod, visitor } = await startVisit()
  using _visitor = visitor
  expect(await cluster.deletePod(pod.name, crypto.randomUUID(), 5_000)).toBeUndefined()
  const ended = endOf(pod.name)
  const beforeMs = Date.now()
  const deleted = await cluster.deletePod(pod.name, pod.uid, 5_000)
  const afterMs = Date.now()
  expect(deleted?.diedAtMs).toBeGreaterThan(beforeMs - 1_000) // the cluster's times are whole seconds
  expect(deleted?.diedAtMs).toBeLessThanOrEqual(afterMs)
  expect(await visitor.closed).toEqual({ code: 4001, reason: 'The pod is being terminated.' })
  expect(visitor.messages.some((message) => message.includes('"terminating"'))).toBe(true)
  const { pods } = await cluster.inspect(job.name)
  expect(pods.filter(({ ready, deleting }) => ready && !deleting)).toEqual([])
  expect((await ended).exitCode).toBe(143)
  await expectHealed(job, pod.uid)
  expect(await cluster.deletePod(pod.name, pod.uid, 5_000)).toBeUndefined()
  await cluster.deleteJob(job.name, {})
})

it('crash: the socket breaks without a close frame, the process exits 1, and its Job heals', async () => {
  const { job, pod, visitor } = await startVisit()
  using _visitor = visitor
  const ended = endOf(pod.name)
  visitor.ws.send('die,crash')
  expect(await visitor.closed).toMatchObject({ code: 1006 })
  const { exitCode, finishedAt } = await ended
  expect(exitCode).toBe(1)
  const dead = await until('the crash to show', async () =>
    (await cluster.inspect(job.name)).pods.find(
      (one) => one.pod.uid === pod.uid && one.diedAtMs !== undefined,
    ),
  )
  expect(dead).toMatchObject({ ready: false, diedAtMs: Date.parse(String(finishedAt)) })
  await expectHealed(job, pod.uid)
  await cluster.deleteJob(job.name, {})
})

it('freeze: the pod answers nothing, ignores SIGTERM, is killed after its grace period, and its Job heals', async () => {
  const { job, pod, visitor } = await startVisit()
  using _visitor = visitor
  const ended = endOf(pod.name)
  visitor.ws.send('die,freeze')
  visitor.ws.send('p,1')
  await until('the pod to be not Ready', async () =>
    (await cluster.inspect(job.name)).pods.some(({ ready }) => !ready),
  )
  expect(visitor.messages.filter((message) => message.startsWith('p,'))).toEqual([])
  await cluster.deletePod(pod.name, pod.uid, 1_000)
  expect(await visitor.closed).toMatchObject({ code: 1006 })
  expect((await ended).exitCode).toBe(137)
  await expectHealed(job, pod.uid)
  await cluster.deleteJob(job.name, {})
})

it('end of the session: the pod exits 0, its Job is complete and creates no other pod', async () => {
  const brief = namespace.adapter({ limits: JSON.stringify({ socketIdleMs: 500 }) })
  const { job, pod, visitor } = await startVisit(brief)
  const ended = endOf(pod.name)
  visitor.ws.close(1000)
  expect((await ended).exitCode).toBe(0)
  await until('the Job to be complete', async () => (await cluster.getJob(job.name))?.state === 'complete')
  const after = await cluster.inspect(job.name)
  expect(after.pods.map(({ phase, ready }) => ({ phase, ready }))).toEqual([
    { phase: 'Succeeded', ready: false },
  ])
  await cluster.deleteJob(job.name, {})
})
