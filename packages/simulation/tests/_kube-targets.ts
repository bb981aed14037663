/** The product's adapter on two targets: the simulation's Kubernetes, and the local engine over HTTP. */
import { fileURLToPath } from 'node:url'
import { LIMITS } from '@warm-pods/core/limits.ts'
import type { PodView } from '@warm-pods/core/state/cluster-view.ts'
import { type Config, readConfig } from '@warm-pods/functions/config.ts'
import { clusterOver, kubernetes } from '@warm-pods/functions/kubernetes/adapter.ts'
import type { Cluster } from '@warm-pods/functions/kubernetes/cluster.ts'
import { startKubernetes } from '@warm-pods/local-kubernetes/engine.ts'
import { podEndpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'
import { until } from '../../local/tests/_util.ts'
import { MemoryKube } from '../src/engines/memory-kube.ts'
import { kubernetesApiOf } from '../src/engines/sim-kube.ts'
import { Process } from '../src/engines/simulated-process.ts'
import { Loop } from '../src/engines/virtual-clock.ts'
import { Wire } from '../src/engines/wire.ts'
import { CALM } from '../src/faults.ts'
import { Chance } from '../src/seeded-random.ts'

export interface KubeTarget extends AsyncDisposable {
  readonly cluster: Cluster
  /**
   * Calls `ask` until it returns a value.
   * @throws Error naming `what` when the time is over.
   */
  eventually<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T>
  /** The labels of an object, as the API server has them. */
  labels(kind: 'jobs' | 'pods', name: string): Promise<Readonly<Record<string, string>>>
  /** Ends the process of a pod with this exit code. */
  end(pod: PodView, code: 0 | 1): Promise<void>
}

const IMAGE = 'local/simulation:1'
const QUOTA = 3
const NAMESPACE = 'simulation'
const POD = fileURLToPath(new URL('./_pod.ts', import.meta.url))

function config(endpoint: string): Config {
  return readConfig({
    AWS_REGION: 'local',
    POOL_TABLE: 'Pool',
    SESSIONS_TABLE: 'Sessions',
    REFILL_FUNCTION: 'refill',
    KUBERNETES_ENDPOINT: endpoint,
    CLUSTER_NAME: 'test',
    NAMESPACE,
    IMAGE,
    SITE_ORIGIN: 'http://localhost',
  })
}

/** The simulation's Kubernetes. Virtual time passes while a test awaits. */
export async function inMemory(): Promise<KubeTarget> {
  const chance = new Chance(1)
  const loop = new Loop(chance)
  const wallMs = () => 1_790_000_000_000 + loop.nowMs
  const nothing = () => undefined
  const kube = new MemoryKube({
    loop,
    chance,
    wallMs,
    limits: LIMITS,
    quota: QUOTA,
    conditions: { startMs: () => 1_500, brokenImages: new Set(), crashAtStart: 0, hiddenPods: 0 },
    observer: {
      jobCreated: nothing,
      jobDeleted: nothing,
      podCreated: nothing,
      podDeleted: nothing,
      podReady: nothing,
      podExited: nothing,
      podChanged: nothing,
      served: nothing,
    },
  })
  const wire = new Wire({ loop, chance, faults: CALM, tally: new Map(), note: nothing })
  const process = new Process('test', 'refill', 0)
  const runtime = {
    now: wallMs,
    monotonic: () => loop.nowMs,
    random: () => chance.next(),
    sleep: (ms: number) => wire.sleep(process, ms),
  }
  const real = clusterOver(kubernetesApiOf(process, kube, wire), config('http://127.0.0.1:9'), runtime)
  const driven = async <T>(promise: Promise<T>): Promise<T> => {
    let over = false
    const end = () => {
      over = true
    }
    promise.then(end, end)
    await loop.run(loop.nowMs + 60_000, () => over)
    return promise
  }
  return {
    cluster: {
      createJob: (job) => driven(real.createJob(job)),
      getJob: (name) => driven(real.getJob(name)),
      list: () => driven(real.list()),
      inspect: (name) => driven(real.inspect(name)),
      deletePod: (...given) => driven(real.deletePod(...given)),
      deleteJob: (...given) => driven(real.deleteJob(...given)),
      label: (...given) => driven(real.label(...given)),
      podsVersion: () => driven(real.podsVersion()),
      nextChange: (...given) => driven(real.nextChange(...given)),
      state: () => driven(real.state()),
      version: (fresh) => driven(real.version(fresh)),
    },
    async eventually(what, ask) {
      for (let tried = 0; tried < 1_000; tried++) {
        const answer = await ask()
        if (answer !== undefined && answer !== false) return answer
        await loop.run(loop.nowMs + 200)
      }
      throw new Error(`Expected ${what}, which did not happen.`)
    },
    async labels(kind, name) {
      return (kind === 'jobs' ? kube.jobs.get(name)?.labels : kube.pod(name).labels) ?? {}
    },
    async end({ pod }, code) {
      const found = kube.pod(pod.name)
      if (code === 0) found.process?.exit(0)
      else kube.crash(found)
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** The local engine: real time, pods as processes, and a shorter first back-off. */
export async function overHttp(): Promise<KubeTarget> {
  const engine = await startKubernetes({
    host: '127.0.0.1',
    port: 0,
    nodeName: 'node-1',
    zone: 'local-1a',
    region: 'local',
    version: 'v1.36.3',
    backOffBaseMs: 400,
    command: ({ container, endpoint }) =>
      container.image === IMAGE
        ? {
            file: process.execPath,
            args: [POD],
            env: endpoint ? { POD_IP: endpoint.host, POD_PORT: String(endpoint.port) } : {},
          }
        : undefined,
  })
  const post = (path: string, body: object) =>
    fetch(`${engine.url}/api/v1/namespaces${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: 'v1', ...body }),
    })
  await post('', { kind: 'Namespace', metadata: { name: NAMESPACE } })
  await post(`/${NAMESPACE}/resourcequotas`, {
    kind: 'ResourceQuota',
    metadata: { name: 'cap' },
    spec: { hard: { 'count/jobs.batch': String(QUOTA) } },
  })
  return {
    cluster: kubernetes(config(engine.url), async () => ''),
    eventually: (what, ask) => until(what, ask) as Promise<never>,
    async labels(kind, name) {
      const group = kind === 'jobs' ? 'apis/batch/v1' : 'api/v1'
      const answer = await fetch(`${engine.url}/${group}/namespaces/${NAMESPACE}/${kind}/${name}`)
      const object = (await answer.json()) as { metadata: { labels?: Record<string, string> } }
      return object.metadata.labels ?? {}
    },
    async end({ pod }, code) {
      const endpoint = podEndpoint(pod.ip)
      await fetch(`http://${endpoint?.host}:${endpoint?.port}/exit/${code}`).catch(() => undefined)
    },
    [Symbol.asyncDispose]: () => engine.close(),
  }
}
