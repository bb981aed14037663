/**
 * The Kubernetes API for the adapter: the calls that it makes, and the events of a watch. One keep-alive agent serves
 * all of them. The official client gives the types and the error. Its generated calls are not used: they load the models of every
 * API group, which takes 50 MB of memory in each process ([ADR 27](../../../../docs/adr/0027-nine-calls-without-the-generated-client.md)).
 */
import type { V1Job, V1Pod, V1Status, VersionInfo } from '@kubernetes/client-node'
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js'
import { Agent, type Dispatcher, request } from 'undici'
import * as v from 'valibot'
import { messageWithCauses } from '../lib/error-causes.ts'
import { logWatchFailed } from '../lib/log.ts'
import type { ClusterEndpoint, Endpoint } from './cluster-endpoint.ts'

const MERGE_PATCH = 'application/merge-patch+json'
/** Asks for the metadata of objects alone. A server without that form sends whole objects. */
const METADATA = {
  object: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
} as const
/** Two of these and the delay between them fit into the 10 s that the page waits. A call that is throttled is answered at once. */
const CALL_TIMEOUT_MS = 4_000

interface Named {
  readonly namespace: string
  readonly name: string
}
/**
 * A page of a list. `limit`: objects of one page; without it, one page has all. `continue`: the token of the page before.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export interface Listed {
  readonly namespace: string
  readonly labelSelector: string
  readonly limit?: number
  readonly continue?: string
}

/** One page of a list, as the API server sends it. The last page has no token, or an empty one. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
}
interface DeleteOptions {
  readonly propagationPolicy?: 'Background'
  readonly gracePeriodSeconds?: number
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}
/** A JSON merge patch (RFC 7396) that sets labels and annotations. */
interface LabelPatch {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

/**
 * The part of the API that the adapter uses, with the method names of the official client. Calls throw its ApiException for a
 * response that is no success. Errors of the network and of the endpoint pass through.
 */
export interface KubernetesApi {
  readonly batch: {
    createNamespacedJob(call: {
      readonly namespace: string
      readonly body: V1Job
      /** `Strict` refuses unknown fields. */
      readonly fieldValidation: 'Strict'
    }): Promise<V1Job>
    readNamespacedJob(call: Named): Promise<V1Job>
    listNamespacedJob(call: Listed): Promise<Page<V1Job>>
    deleteNamespacedJob(call: Named & { readonly body: DeleteOptions }): Promise<V1Status>
    patchNamespacedJob(call: Named & { readonly body: LabelPatch }): Promise<V1Job>
  }
  readonly core: {
    listNamespacedPod(call: Listed): Promise<Page<V1Pod>>
    deleteNamespacedPod(call: Named & { readonly body: DeleteOptions }): Promise<V1Pod>
    patchNamespacedPod(call: Named & { readonly body: LabelPatch }): Promise<V1Pod>
  }
  readonly versions: { getCode(): Promise<VersionInfo> }
  /** The resource version of the pods now, to watch from. It costs one small call in every pool. */
  podsVersion(selector: string): Promise<string>
  /**
   * Watches the metadata of pods. Resolves with the first events and those of the `gatherMs` after them. Resolves with none after
   * `timeoutMs`, on `stop` and after an error.
   * @param timeoutMs a whole number, like `gatherMs`.
   * @throws RangeError, of AbortSignal.timeout, when a time has a fraction. It throws no other error.
   */
  podEvents(
    selector: string,
    resourceVersion: string,
    times: { readonly timeoutMs: number; readonly gatherMs: number },
    stop: AbortSignal,
  ): Promise<PodEvents>
}

/** What a watch of pods has seen. */
export interface PodEvents {
  /** The changed pods, in their order. A pod can be named more than once. */
  readonly pods: readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly resourceVersion: string
  }[]
  /** True when the API server no longer has all events since the version, so that some were missed (410 Gone). */
  readonly isExpired: boolean
}

/** The fields of Jobs and pods that the official types declare as Date. */
const TIME_FIELDS: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionTimestamp',
  'startTime',
  'completionTime',
  'lastProbeTime',
  'lastTransitionTime',
  'startedAt',
  'finishedAt',
])

/**
 * @param endpoint asked before every call, so that a new endpoint is used at once.
 * @param token asked before every call, so that an expired token is replaced; an empty token sends none.
 */
export function kubernetesApi(
  namespace: string,
  endpoint: ClusterEndpoint,
  token: () => Promise<string>,
): KubernetesApi {
  const agentFor = agents((failed) => endpoint.expire(failed))
  let lastWatchProblem = ''
  /** Logs a new problem once, because refill watches again each second. */
  function noteWatchProblem(problem: string): void {
    if (problem !== lastWatchProblem) logWatchFailed(problem)
    lastWatchProblem = problem
  }
  /** Makes one call. The caller names the type of the response, which the API server guarantees. */
  async function call<T>(
    method: Dispatcher.HttpMethod,
    path: string,
    {
      accept = 'application/json',
      body,
      contentType = 'application/json',
    }: { accept?: string; body?: object; contentType?: string } = {},
  ): Promise<T> {
    const [server, bearer] = await Promise.all([endpoint.get(), token()])
    const response = await request(`${server.url}${path}`, {
      method,
      dispatcher: agentFor(server),
      headers: {
        accept,
        ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
        ...(body ? { 'content-type': contentType } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.body.text()
    if (response.statusCode < 200 || response.statusCode > 299)
      throw new ApiException(response.statusCode, `${method} was refused`, text, headersOf(response.headers))
    return JSON.parse(text, reviveTime) as T
  }
  return {
    batch: {
      createNamespacedJob: ({ body, fieldValidation, namespace }) =>
        call('POST', `${jobPath(namespace)}?fieldValidation=${fieldValidation}`, { body }),
      readNamespacedJob: ({ name, namespace }) => call('GET', jobPath(namespace, name)),
      listNamespacedJob: (page) => call('GET', listed(jobPath(page.namespace), page)),
      deleteNamespacedJob: ({ body, name, namespace }) => call('DELETE', jobPath(namespace, name), { body }),
      patchNamespacedJob: ({ body, name, namespace }) =>
        call('PATCH', jobPath(namespace, name), { body, contentType: MERGE_PATCH }),
    },
    core: {
      listNamespacedPod: (page) => call('GET', listed(podPath(page.namespace), page)),
      deleteNamespacedPod: ({ body, name, namespace }) => call('DELETE', podPath(namespace, name), { body }),
      patchNamespacedPod: ({ body, name, namespace }) =>
        call('PATCH', podPath(namespace, name), { body, contentType: MERGE_PATCH }),
    },
    versions: { getCode: () => call('GET', '/version') },
    podsVersion: async (labelSelector) => {
      const path = listed(podPath(namespace), { namespace, labelSelector, limit: 1 })
      const { metadata } = await call<Page<unknown>>('GET', path, { accept: METADATA.list })
      return metadata?.resourceVersion ?? ''
    },
    async podEvents(labelSelector, resourceVersion, { gatherMs, timeoutMs }, stop) {
      const query = new URLSearchParams({ watch: '1', labelSelector, resourceVersion })
      const over = new AbortController()
      const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs), over.signal])
      const events = new WatchEvents()
      let gathering: NodeJS.Timeout | undefined
      try {
        const [server, bearer] = await Promise.all([endpoint.get(), token()])
        const { statusCode, body } = await request(`${server.url}${podPath(namespace)}?${query}`, {
          dispatcher: agentFor(server),
          signal,
          headersTimeout: 0,
          bodyTimeout: 0,
          headers: { accept: METADATA.object, ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
        })
        for await (const bytes of body) {
          if (statusCode === 410) return { pods: [], isExpired: true }
          if (statusCode !== 200) {
            noteWatchProblem(`Kubernetes answered ${statusCode}: ${bytes.toString().slice(0, 300)}`)
            break
          }
          events.read(bytes)
          if (events.isEmpty) continue
          if (gatherMs === 0) break
          gathering ??= setTimeout(() => over.abort(), gatherMs)
        }
      } catch (error) {
        if (!signal.aborted) noteWatchProblem(messageWithCauses(error))
      } finally {
        clearTimeout(gathering)
      }
      return events
    },
  }
}

/** One line of a watch. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
const WatchLine = v.variant('type', [
  v.object({
    type: v.picklist(['ADDED', 'MODIFIED', 'DELETED']),
    object: v.object({
      metadata: v.object({
        labels: v.optional(v.record(v.string(), v.string()), {}),
        resourceVersion: v.string(),
      }),
    }),
  }),
  v.object({ type: v.literal('ERROR'), object: v.object({ code: v.optional(v.number()) }) }),
])

/** The events of a watch, from its lines of JSON. A line that is cut off, or of another type, is left out. */
class WatchEvents implements PodEvents {
  readonly pods: { labels: Readonly<Record<string, string>>; resourceVersion: string }[] = []
  isExpired = false
  #rest = ''
  readonly #decoder = new TextDecoder()

  get isEmpty(): boolean {
    return this.pods.length === 0 && !this.isExpired
  }

  read(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const event = v.safeParse(v.pipe(v.string(), v.parseJson(), WatchLine), line)
      if (!event.success) continue
      // Any error ends a watch. Its events since the version may be lost.
      if (event.output.type === 'ERROR') this.isExpired = true
      else this.pods.push(event.output.object.metadata)
    }
  }
}

/** A header that came more than once has its first value, as the official client gives it. */
function headersOf(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const first = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value[0] : value,
  ])
  return Object.fromEntries(first.filter(([, value]) => value !== undefined))
}

function jobPath(namespace: string, name = ''): string {
  return objectPath('/apis/batch/v1', namespace, 'jobs', name)
}

function podPath(namespace: string, name = ''): string {
  return objectPath('/api/v1', namespace, 'pods', name)
}

/** The path of one object; without a name, that of the list. */
function objectPath(group: string, namespace: string, kind: 'jobs' | 'pods', name: string): string {
  return `${group}/namespaces/${namespace}/${kind}${name === '' ? '' : `/${encodeURIComponent(name)}`}`
}

function listed(path: string, { continue: from, labelSelector, limit }: Listed): string {
  const query = new URLSearchParams({ labelSelector })
  if (limit !== undefined) query.set('limit', String(limit))
  if (from !== undefined) query.set('continue', from)
  return `${path}?${query}`
}

function reviveTime(field: string, value: unknown): unknown {
  return typeof value === 'string' && TIME_FIELDS.has(field) ? new Date(value) : value
}

/**
 * Returns a function that gives the agent of an endpoint. It keeps one agent, for the latest endpoint.
 * @param onConnectionError called when no connection to the endpoint could be made.
 */
function agents(onConnectionError: (failed: Endpoint) => void): (endpoint: Endpoint) => Agent {
  let current: { readonly endpoint: Endpoint; readonly agent: Agent } | undefined
  return (endpoint) => {
    if (current?.endpoint === endpoint) return current.agent
    // Calls in flight on the old agent still finish.
    current?.agent.close().catch(() => undefined)
    const agent = new Agent({
      keepAliveTimeout: 60_000,
      headersTimeout: CALL_TIMEOUT_MS,
      bodyTimeout: CALL_TIMEOUT_MS,
      connect: {
        timeout: 2_000,
        ...(endpoint.ca ? { ca: Buffer.from(endpoint.ca, 'base64') } : {}),
      },
    })
    agent.on('connectionError', () => onConnectionError(endpoint))
    current = { endpoint, agent }
    return agent
  }
}
