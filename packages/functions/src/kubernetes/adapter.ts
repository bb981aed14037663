/**
 * Implements {@link Cluster} over the Kubernetes API. The Lambdas import this module on first use, so that a warm claim does
 * not wait for it.
 */
import { OURS } from '@warm-pods/core/identity/names.ts'
import type { JobView } from '@warm-pods/core/state/cluster-view.ts'
import { wholeMs } from '@warm-pods/core/time.ts'
import type { Signing } from '../aws/sigv4.ts'
import type { Config } from '../config.ts'
import { RUNTIME, type Runtime } from '../lib/clock.ts'
import { limitConcurrency } from '../lib/limit-concurrency.ts'
import { limitRate } from '../lib/limit-rate.ts'
import { type KubernetesApi, kubernetesApi } from './api-client.ts'
import type { Cluster, CreateResult, NewJob } from './cluster.ts'
import { clusterEndpoint } from './cluster-endpoint.ts'
import { statusOf } from './errors.ts'
import { jobManifest } from './job-manifest.ts'
import { listAll } from './list-all.ts'
import { retryTransientWith } from './retry.ts'
import { jobIn, jobView, ms, podView } from './views.ts'

/**
 * Returns the cluster that the configuration names.
 * @param token asked before every call, so that an expired token is replaced.
 * @param credentials for EKS; undefined uses the SDK's own.
 */
export function kubernetes(
  config: Config,
  token: () => Promise<string>,
  credentials?: Signing['credentials'],
): Cluster {
  const endpoint = clusterEndpoint(config, credentials, RUNTIME.monotonic)
  return clusterOver(kubernetesApi(config.namespace, endpoint, token), config, RUNTIME, endpoint.state)
}

/** @param state see {@link Cluster.state}. */
export function clusterOver(
  api: KubernetesApi,
  config: Config,
  pace: Runtime,
  state: Cluster['state'] = async () => undefined,
): Cluster {
  const { batch, core, versions } = api
  const { namespace } = config
  const { limits } = config
  const retryTransient = retryTransientWith(pace, limits)
  const inTurn = limitConcurrency(limits.jobChangesAtOnce)
  const mayChange = limitRate({ perSecond: limits.jobChangesPerSecond, burst: limits.jobChangesBurst }, pace)
  /** Kept, because a control plane is upgraded less often than a Lambda is replaced. */
  let known: Promise<string> | undefined

  /** Returns undefined when the object is gone (404) or a precondition does not hold (409). */
  async function unlessGone<T>(call: () => Promise<T>, retry = retryTransient): Promise<T | undefined> {
    try {
      return await retry(call)
    } catch (error) {
      const code = statusOf(error)?.code
      if (code === 404 || code === 409) return undefined
      throw error
    }
  }

  /**
   * Creates or deletes a Job: bounded in parallel and in rate, tries included. A call that is throttled keeps its place while it
   * pauses, so the process sends less.
   */
  function changeJob<T>(change: () => Promise<T>): Promise<T> {
    return inTurn(() =>
      retryTransient(async () => {
        await mayChange()
        return change()
      }),
    )
  }

  async function getJob(name: string): Promise<JobView | undefined> {
    const job = await unlessGone(() => batch.readNamespacedJob({ namespace, name }))
    return job ? jobView(job, pace.now()) : undefined
  }

  return {
    async createJob(job: NewJob): Promise<CreateResult> {
      try {
        const body = jobManifest(job, config)
        await changeJob(() => batch.createNamespacedJob({ namespace, body, fieldValidation: 'Strict' }))
        return { result: 'created' }
      } catch (error) {
        const status = statusOf(error)
        if (status?.code === 409) return { result: 'exists' }
        if (status?.code !== 403 || !status.message.includes('exceeded quota')) throw error
        // The API server checks the quota before the name, so the Job that a first try created may refuse its own retry.
        if (await getJob(job.name)) return { result: 'exists' }
        return { result: 'quota' }
      }
    },

    getJob,

    async list() {
      const [jobs, pods] = await Promise.all([
        listAll((page) => retryTransient(() => batch.listNamespacedJob(page)), {
          namespace,
          labelSelector: OURS,
        }),
        listAll((page) => retryTransient(() => core.listNamespacedPod(page)), {
          namespace,
          labelSelector: OURS,
        }),
      ])
      const nowMs = pace.now()
      return {
        jobs: jobs.items.map((job) => jobView(job, nowMs)),
        pods: pods.items.map((pod) => podView(pod, nowMs)),
        resourceVersion: pods.resourceVersion,
      }
    },

    async inspect(name) {
      const [job, pods] = await Promise.all([
        unlessGone(() => batch.readNamespacedJob({ namespace, name })),
        listAll((page) => retryTransient(() => core.listNamespacedPod(page)), {
          namespace,
          labelSelector: `job-name=${name}`,
        }),
      ])
      const nowMs = pace.now()
      return {
        jobs: job ? [jobView(job, nowMs)] : [],
        pods: pods.items.map((pod) => podView(pod, nowMs)),
      }
    },

    async deletePod(name, uid, graceMs) {
      const gracePeriodSeconds = Math.ceil(graceMs / 1000)
      const pod = await unlessGone(() =>
        core.deleteNamespacedPod({ namespace, name, body: { gracePeriodSeconds, preconditions: { uid } } }),
      )
      if (!pod) return undefined
      // deletionTimestamp is the end of the grace period by the API server's clock, so the SIGTERM was a grace earlier.
      const endsAtMs = ms(pod.metadata?.deletionTimestamp)
      const grace = pod.metadata?.deletionGracePeriodSeconds ?? gracePeriodSeconds
      return { diedAtMs: endsAtMs === undefined ? pace.now() : endsAtMs - grace * 1000 }
    },

    async deleteJob(name, precondition) {
      const gone = await unlessGone(
        () =>
          batch.deleteNamespacedJob({
            namespace,
            name,
            body: { propagationPolicy: 'Background', preconditions: { ...precondition } },
          }),
        changeJob,
      )
      return gone !== undefined
    },

    async label(job, pod, labels, annotations = {}) {
      const isAnnotated = Object.keys(annotations).length > 0
      const body = { metadata: { labels, ...(isAnnotated ? { annotations } : {}) } }
      await Promise.all([
        unlessGone(() => batch.patchNamespacedJob({ namespace, name: job, body })),
        unlessGone(() => core.patchNamespacedPod({ namespace, name: pod, body })),
      ])
    },

    podsVersion: () => retryTransient(() => api.podsVersion(OURS)),

    async nextChange(resourceVersion, { gatherMs, timeoutMs }, stop) {
      const startMs = pace.monotonic()
      const times = { timeoutMs: wholeMs(timeoutMs), gatherMs: wholeMs(gatherMs) }
      const { isExpired, pods } = await api.podEvents(OURS, resourceVersion, times, stop)
      if (isExpired) return { jobs: [], resourceVersion: undefined }
      const last = pods.at(-1)
      if (last) {
        const jobs = [...new Set(pods.map(({ labels }) => jobIn(labels)))]
        return { jobs, resourceVersion: last.resourceVersion }
      }
      // The watch was refused or cut. The caller reads again anyway; a new watch at once would load the server.
      if (!stop.aborted) await pace.sleep(Math.max(0, timeoutMs - (pace.monotonic() - startMs)))
      return { jobs: [], resourceVersion }
    },

    state,

    async version(fresh = false) {
      if (fresh) known = undefined
      known ??= versions.getCode().then(({ gitVersion }) => gitVersion)
      return known.catch((error) => {
        known = undefined
        throw error
      })
    },
  }
}
