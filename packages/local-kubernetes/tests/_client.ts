/** A client of the API without any typed library, so that the tests check the bytes on the wire. */

import type {
  Condition,
  JobSpec,
  JobStatus,
  ObjectMeta,
  PodSpec,
  PodStatus,
  ResourceQuota,
  Terminated,
} from '../src/types.ts'
import type { Target } from './_target.ts'

interface Details {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes: { field: string; reason: string; message: string }[]
}
interface Column {
  name: string
  type: string
  format: string
  description: string
  priority: number
}

/** The body of any response, with the fields of all kinds in one type. A test that reads a missing field fails. */
export interface Body {
  kind: string
  apiVersion: string
  metadata: ObjectMeta & { continue?: string; remainingItemCount?: number }
  spec: PodSpec & JobSpec
  status: PodStatus & JobStatus & ResourceQuota['status']
  items: Body[]
  /** metav1.Status */
  reason: string
  message: string
  details: Details
  /** Event */
  type: string
  /** Table */
  columnDefinitions: Column[] | null
  rows: { cells: (string | number)[]; object: Body }[]
}
interface ApiResponse {
  status: number
  body: Body
  text: string
  warning: string | null
  type: string | null
}
interface CallOptions {
  body?: unknown
  type?: string
  accept?: string
  signal?: AbortSignal
}

export interface WatchEvent {
  type: string
  object: Body
  at: number
}

const JSON_TYPE = 'application/json'

const bytesOf = (body: unknown): string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' || body instanceof Uint8Array
    ? Uint8Array.from(Buffer.from(body))
    : JSON.stringify(body)

export interface Client {
  target: Target
  namespace: string
  paths: { jobs: string; pods: string; events: string }
  call(method: string, path: string, options?: CallOptions): Promise<ApiResponse>
  /**
   * Calls `read` until it returns a value other than undefined.
   * @throws Error naming `what` when the target's patience is over.
   */
  until<T>(what: string, read: () => Promise<T | undefined>): Promise<T>
  /** Watches until `enough` accepts the events so far. Returns all events with their arrival times. */
  watchUntil(
    path: string,
    enough: (events: readonly WatchEvent[]) => boolean,
    accept?: string,
  ): Promise<WatchEvent[]>
  podsOf(job: string): Promise<Body[]>
  /** Watches the pods of a Job, also before it exists. Only a watch shows short-lived states. */
  watchPodsOf(job: string, enough: (events: readonly WatchEvent[]) => boolean): Promise<WatchEvent[]>
  /** The same for the Job itself. */
  watchJob(job: string, enough: (events: readonly WatchEvent[]) => boolean): Promise<WatchEvent[]>
  job(name: string): Promise<Body>
  /** Returns a client of another namespace. */
  in(other: string): Client
  manifest(name: string, changes?: JobChanges): ReturnType<typeof jobManifest>
  createJob(name: string, changes?: JobChanges): Promise<ApiResponse>
  /** Waits for a pod of the Job that satisfies `is`. */
  pod(job: string, what: string, is: (pod: Body) => boolean): Promise<Body>
  jobThat(name: string, what: string, is: (job: Body) => boolean): Promise<Body>
  /** Waits until the log of the Job's running pod contains `words`. Before that, the pod handles no signal. */
  podLogging(job: string, words: string): Promise<Body>
  eventsAbout(name: string): Promise<Body[]>
  /** Waits for an event about an object that satisfies `is`. A controller writes its events after the change. */
  eventThat(name: string, what: string, is: (event: Body) => boolean): Promise<Body>
  removeJob(name: string): Promise<ApiResponse>
}

/** Creates a client of one cluster. `namespace` is used for names without a path. */
export function createClient(target: Target, namespace: string): Client {
  const send = (
    method: string,
    path: string,
    { body, type = JSON_TYPE, accept = JSON_TYPE, signal }: CallOptions = {},
  ) =>
    fetch(target.baseUrl + path, {
      method,
      headers: { ...target.headers, accept, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: bytesOf(body) }),
      ...(signal ? { signal } : {}),
    })

  async function call(method: string, path: string, options: CallOptions = {}): Promise<ApiResponse> {
    const response = await send(method, path, options)
    const text = await response.text()
    const type = response.headers.get('content-type')
    return {
      status: response.status,
      // A response that is not JSON has only a text.
      body: type?.startsWith(JSON_TYPE) && text ? JSON.parse(text) : {},
      text,
      warning: response.headers.get('warning'),
      type,
    }
  }

  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const pods = `/api/v1/namespaces/${namespace}/pods`
  const events = `/api/v1/namespaces/${namespace}/events`

  /**
   * Calls `read` until it returns a value other than undefined.
   * @throws Error naming `what` when the target's patience is over.
   */
  async function until<T>(what: string, read: () => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + target.patienceMs
    while (performance.now() < deadline) {
      const value = await read()
      if (value !== undefined) return value
      await new Promise((resolve) => setTimeout(resolve, target.real ? 100 : 10))
    }
    throw new Error(`Waited ${target.patienceMs} ms for ${what}, which did not happen`)
  }

  /** Watches until `enough` accepts the events so far. Returns all events with their arrival times. */
  async function watchUntil(
    path: string,
    enough: (events: readonly WatchEvent[]) => boolean,
    accept = JSON_TYPE,
  ): Promise<WatchEvent[]> {
    const stop = new AbortController()
    const timer = setTimeout(
      () => stop.abort(new Error(`The expected events did not arrive while watching ${path}`)),
      target.patienceMs,
    )
    const seen: WatchEvent[] = []
    try {
      const response = await send('GET', path, { signal: stop.signal, accept })
      let rest = ''
      for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(
        new TextDecoderStream(),
      )) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        seen.push(...lines.filter(Boolean).map((line) => ({ ...JSON.parse(line), at: performance.now() })))
        if (enough(seen)) break
      }
      return seen
    } finally {
      clearTimeout(timer)
      stop.abort()
    }
  }

  const podsOf = async (job: string): Promise<Body[]> =>
    (await call('GET', `${pods}?labelSelector=job-name%3D${job}`)).body.items
  const eventsAbout = async (name: string): Promise<Body[]> =>
    (await call('GET', `${events}?fieldSelector=involvedObject.name%3D${name}`)).body.items

  return {
    target,
    namespace,
    paths: { jobs, pods, events },
    call,
    until,
    watchUntil,
    podsOf,
    watchPodsOf: (name, enough) => watchUntil(`${pods}?watch=1&labelSelector=job-name%3D${name}`, enough),
    watchJob: (name, enough) => watchUntil(`${jobs}?watch=1&fieldSelector=metadata.name%3D${name}`, enough),
    job: async (name: string): Promise<Body> => (await call('GET', `${jobs}/${name}`)).body,
    /** Returns a client of another namespace. */
    in: (other: string): Client => createClient(target, other),
    manifest: (name: string, changes?: JobChanges) => jobManifest(target, name, changes),
    createJob: (name: string, changes?: JobChanges): Promise<ApiResponse> =>
      call('POST', jobs, { body: jobManifest(target, name, changes) }),
    /** Waits for a pod of the Job that satisfies `is`. */
    pod: (job: string, what: string, is: (pod: Body) => boolean): Promise<Body> =>
      until(`a pod of ${job} that is ${what}`, async () => (await podsOf(job)).find(is)),
    podLogging: (job, words) =>
      until(`a pod of ${job} whose log contains ${words}`, async () => {
        const pod = (await podsOf(job)).find(isRunning)
        const said = pod && (await call('GET', `${pods}/${pod.metadata.name}/log`)).text
        return said?.includes(words) ? pod : undefined
      }),
    jobThat: (name: string, what: string, is: (job: Body) => boolean): Promise<Body> =>
      until(`Job ${name} to be ${what}`, async () => {
        const { status, body } = await call('GET', `${jobs}/${name}`)
        return status === 200 && is(body) ? body : undefined
      }),
    eventsAbout,
    eventThat: (name, what, is) => until(`the event ${what}`, async () => (await eventsAbout(name)).find(is)),
    removeJob: (name: string) =>
      call('DELETE', `${jobs}/${name}`, { body: { propagationPolicy: 'Background' } }),
  }
}

interface JobChanges {
  /** Environment of the process; see `_pod.ts`. */
  env?: Record<string, string>
  spec?: object
  pod?: object
  container?: object
  labels?: Record<string, string>
}

/** A Job of this suite. Its pod is ready as soon as it runs, and exits within five seconds after SIGTERM. */
function jobManifest(
  { image, command }: Pick<Target, 'image' | 'command'>,
  name: string,
  { env = {}, spec, pod, container, labels }: JobChanges = {},
) {
  const own = [{ name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }]
  const given = Object.entries(env).map(([key, value]) => ({ name: key, value }))
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { suite: 'contract', ...labels } },
    spec: {
      template: {
        metadata: { labels: { suite: 'contract', ...labels } },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 5,
          automountServiceAccountToken: false,
          containers: [
            {
              name: 'echo',
              image,
              ...(command ? { command } : {}),
              ports: [{ containerPort: 8080 }],
              env: [...own, ...given],
              ...container,
            },
          ],
          ...pod,
        },
      },
      ...spec,
    },
  }
}

export const READINESS = { readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 } }

export const conditionOf = (object: Body, type: string): Condition | undefined =>
  object.status.conditions?.find((condition) => condition.type === type)
export const isReady = (pod: Body): boolean => conditionOf(pod, 'Ready')?.status === 'True'
export const isRunning = (pod: Body): boolean =>
  pod.status.phase === 'Running' && !pod.metadata.deletionTimestamp
export const terminated = (pod: Body | undefined): Terminated | undefined =>
  pod?.status.containerStatuses?.[0]?.state.terminated
