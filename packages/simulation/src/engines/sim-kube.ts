/** The generated Kubernetes client of one process, over {@link MemoryKube}: the same calls, objects and exceptions. */
import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { KubernetesApi, Listed, Page } from '@warm-pods/functions/kubernetes/api-client.ts'
import { jobObject, podObject, type SimJob, type SimPod } from './kube-objects.ts'
import { type Caller, type MemoryKube, refusal } from './memory-kube.ts'
import type { Process } from './simulated-process.ts'
import type { CallErrors, Wire } from './wire.ts'

const CALL_ERRORS: CallErrors = {
  busy: () => refusal(429, 'TooManyRequests', 'the server has received too many requests'),
  cut: () => systemError('ECONNRESET', 'socket hang up'),
  unsure: () => refusal(500, 'InternalError', 'etcdserver: request timed out'),
  late: () => systemError('UND_ERR_HEADERS_TIMEOUT', 'Headers Timeout Error'),
  timeoutMs: 5_000,
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

type Preconditions = {
  preconditions?: { uid?: string; resourceVersion?: string }
  gracePeriodSeconds?: number
}

/** Returns the API client of one process. Calls fail by the faults of the history. */
export function kubernetesApiOf(process: Process, kube: MemoryKube, wire: Wire): KubernetesApi {
  const by: Caller = process.kind === 'api' ? 'api' : 'refill'
  const call = <T>(about: string, execute: () => T): Promise<T> =>
    wire.attempt(process, () => about, wire.faults.kube, CALL_ERRORS, execute)
  const jobOf = (job: SimJob): V1Job => wire.withOddTimes(jobObject(job))
  const podOf = (pod: SimPod): V1Pod => wire.withOddTimes(podObject(pod))
  const pages = new Pages(kube, () => wire.listPage())
  return {
    batch: {
      createNamespacedJob: ({ body }) => call(`create ${body.metadata?.name}`, () => kube.createJob(body)),
      readNamespacedJob: ({ name }) => call(`get ${name}`, () => jobOf(kube.job(name))),
      listNamespacedJob: (page) =>
        call('list Jobs', () => pages.of(page, () => [...kube.jobs.values()].map(jobOf))),
      deleteNamespacedJob: ({ name, body }) =>
        call(`delete ${name}`, () => {
          const { preconditions } = (body ?? {}) as Preconditions
          kube.deleteJob(name, by, preconditions ?? {})
          return { status: 'Success' }
        }),
      patchNamespacedJob: ({ name, body }) =>
        call(`label ${name}`, () => kube.labelJob(name, labelsIn(body))),
    },
    core: {
      listNamespacedPod: (page) =>
        call('list pods', () =>
          pages.of(page, () => {
            const job = /^job-name=(.+)$/.exec(page.labelSelector)?.[1]
            const pods = [...kube.pods.values()].filter((pod) => job === undefined || pod.jobName === job)
            return pods.map(podOf)
          }),
        ),
      deleteNamespacedPod: ({ name, body }) =>
        call(`delete pod ${name}`, () => {
          const { preconditions, gracePeriodSeconds = 30 } = (body ?? {}) as Preconditions
          return podOf(kube.deletePod(name, by, { ...preconditions, graceMs: gracePeriodSeconds * 1_000 }))
        }),
      patchNamespacedPod: ({ name, body }) =>
        call(`label pod ${name}`, () => podObject(kube.labelPod(name, labelsIn(body)))),
    },
    versions: {
      getCode: () =>
        call('version', () => ({
          gitVersion: 'v1.36.3',
          major: '1',
          minor: '36',
          gitCommit: '',
          gitTreeState: '',
          buildDate: '',
          goVersion: '',
          compiler: '',
          platform: '',
        })),
    },
    podsVersion: () => call('version of the pods', () => kube.version),
    async podEvents(_selector, resourceVersion, { gatherMs, timeoutMs }, stop) {
      checkDelay(timeoutMs)
      checkDelay(gatherMs)
      const none = { pods: [], isExpired: false }
      const watching = await call('watch pods', () => ({
        until: kube.changesAfter(Number(resourceVersion), timeoutMs),
      })).catch(() => undefined)
      if ((await watching?.until)?.length === 0 || watching === undefined || stop.aborted) return none
      // The await never resolves in a dead process.
      await wire.sleep(process, wire.legMs() + gatherMs)
      if (wire.expires()) return { pods: [], isExpired: true }
      const changes = await kube.changesAfter(Number(resourceVersion), 0)
      const pods = changes.map(({ pod, version }) => ({
        labels: { ...pod.labels, 'job-name': pod.jobName },
        resourceVersion: String(version),
      }))
      return { pods, isExpired: false }
    },
  }
}

/** @throws RangeError for a delay that AbortSignal.timeout refuses. */
function checkDelay(ms: number): void {
  if (!Number.isInteger(ms) || ms < 0 || ms >= 2 ** 32)
    throw new RangeError(`The value of "delay" is out of range. It must be an integer. Received ${ms}`)
}

/** Lists in pages. All pages of a list show the objects at its first page, as the real API server does it. */
class Pages {
  readonly #kube: MemoryKube
  readonly #draw: () => { readonly size: number; readonly hasExpired: boolean }
  readonly #rest = new Map<string, { readonly items: readonly unknown[]; readonly resourceVersion: string }>()
  #tokens = 0

  /** @param draw the number of objects of the next page, and whether the list has expired meanwhile. */
  constructor(kube: MemoryKube, draw: () => { readonly size: number; readonly hasExpired: boolean }) {
    this.#kube = kube
    this.#draw = draw
  }

  of<Item>({ continue: token, limit }: Listed, all: () => Item[]): Page<Item> {
    const { hasExpired, size } = this.#draw()
    const kept = token === undefined ? undefined : this.#rest.get(token)
    if (token !== undefined && (!kept || hasExpired))
      throw refusal(410, 'Expired', 'The provided continue parameter is too old')
    const resourceVersion = kept?.resourceVersion ?? this.#kube.version
    // The list that a token belongs to has the type of the call.
    const items = (kept?.items as readonly Item[] | undefined) ?? all()
    if (limit === undefined || items.length <= size) return { items, metadata: { resourceVersion } }
    const next = String(++this.#tokens)
    this.#rest.set(next, { items: items.slice(size), resourceVersion })
    return { items: items.slice(0, size), metadata: { resourceVersion, continue: next } }
  }
}

function labelsIn(body: unknown): Record<string, string> {
  return (body as { metadata: { labels: Record<string, string> } }).metadata.labels
}
