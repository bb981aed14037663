/**
 * The product's adapter to Kubernetes. Loaded lazily: the client's models and undici are the largest part of a cold start,
 * and a warm claim does not need them.
 */
import { setHeaderOptions } from '@kubernetes/client-node/dist/middleware.js'
import { OURS } from '@warm-pods/core/identity/names.ts'
import type { JobView } from '@warm-pods/core/state/cluster-view.ts'
import type { Config } from '../config.ts'
import { RUNTIME, type Runtime } from '../lib/clock.ts'
import { limitConcurrency } from '../lib/limit-concurrency.ts'
import { type KubernetesApi, kubernetesApi } from './api-client.ts'
import type { Cluster, CreateResult, NewJob } from './cluster.ts'
import { jobManifest } from './job-manifest.ts'
import { steadily } from './retry.ts'
import { statusOf } from './status.ts'
import { jobView, podView } from './views.ts'

/** More at once only queue at the API server, before what a visitor waits for. */
const CREATING_AT_ONCE = 4
const MERGE_PATCH = setHeaderOptions('Content-Type', 'application/merge-patch+json')

/**
 * The cluster that the configuration names.
 * @param token asked before every call, so that one that expires can be renewed.
 */
export function kubernetes(config: Config, token: () => Promise<string>, pace: Runtime = RUNTIME): Cluster {
  return clusterOver(kubernetesApi(config, token), config, pace)
}

/** The adapter over any API that answers as Kubernetes does. */
export function clusterOver(api: KubernetesApi, config: Config, pace: Runtime): Cluster {
  const { batch, core, versions } = api
  const { namespace } = config
  const retryTransient = steadily(pace)
  const inTurn = limitConcurrency(CREATING_AT_ONCE)
  /** A control plane is upgraded far less often than a Lambda lives. */
  let known: Promise<string> | undefined

  /** @returns undefined when the object is gone, or is not the one that was meant (a precondition that does not hold). */
  async function unlessGone<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await retryTransient(call)
    } catch (error) {
      const code = statusOf(error)?.code
      if (code === 404 || code === 409) return undefined
      throw error
    }
  }

  async function getJob(name: string): Promise<JobView | undefined> {
    const job = await unlessGone(() => batch.readNamespacedJob({ namespace, name }))
    return job ? jobView(job) : undefined
  }

  return {
    async createJob(job: NewJob): Promise<CreateResult> {
      try {
        const body = jobManifest(job, config)
        await inTurn(() =>
          retryTransient(() => batch.createNamespacedJob({ namespace, body, fieldValidation: 'Strict' })),
        )
        return { result: 'created' }
      } catch (error) {
        const status = statusOf(error)
        if (status?.code === 409) return { result: 'exists' }
        if (status?.code !== 403 || !status.message.includes('exceeded quota')) throw error
        // The quota is asked before the name: what refuses a repetition may be the very Job that the first try made.
        if (await getJob(job.name)) return { result: 'exists' }
        return { result: 'quota', message: status.message }
      }
    },

    getJob,

    async list() {
      const [jobs, pods] = await Promise.all([
        retryTransient(() => batch.listNamespacedJob({ namespace, labelSelector: OURS })),
        retryTransient(() => core.listNamespacedPod({ namespace, labelSelector: OURS })),
      ])
      return {
        jobs: jobs.items.map(jobView),
        pods: pods.items.map(podView),
        resourceVersion: pods.metadata?.resourceVersion ?? '',
      }
    },

    async inspect(name) {
      const [job, pods] = await Promise.all([
        unlessGone(() => batch.readNamespacedJob({ namespace, name })),
        retryTransient(() => core.listNamespacedPod({ namespace, labelSelector: `job-name=${name}` })),
      ])
      return { jobs: job ? [jobView(job)] : [], pods: pods.items.map(podView) }
    },

    async deletePod(name, uid, graceMs) {
      const gracePeriodSeconds = Math.ceil(graceMs / 1000)
      const pod = await unlessGone(() =>
        core.deleteNamespacedPod({ namespace, name, body: { gracePeriodSeconds, preconditions: { uid } } }),
      )
      if (!pod) return undefined
      // The API server sets the time at which grace ends: its own clock, less the grace, is when the pod was told.
      const endsAt = pod.metadata?.deletionTimestamp
      const grace = pod.metadata?.deletionGracePeriodSeconds ?? gracePeriodSeconds
      return { diedAtMs: endsAt ? new Date(endsAt).getTime() - grace * 1000 : pace.now() }
    },

    async deleteJob(name, precondition) {
      const gone = await unlessGone(() =>
        batch.deleteNamespacedJob({
          namespace,
          name,
          body: { propagationPolicy: 'Background', preconditions: { ...precondition } },
        }),
      )
      return gone !== undefined
    },

    async label(job, pod, labels) {
      const body = { metadata: { labels } }
      await Promise.all([
        unlessGone(() => batch.patchNamespacedJob({ namespace, name: job, body }, MERGE_PATCH)),
        unlessGone(() => core.patchNamespacedPod({ namespace, name: pod, body }, MERGE_PATCH)),
      ])
    },

    async nextChange(resourceVersion, timeoutMs, stop) {
      const startMs = pace.monotonic()
      const changed = (await api.firstPodEvent(OURS, resourceVersion, timeoutMs, stop)) || stop.aborted
      // Refused or cut: the next list tells what is true, and asking again at once would add to the server's trouble.
      if (!changed) await pace.sleep(Math.max(0, timeoutMs - (pace.monotonic() - startMs)))
    },

    async version(fresh = false) {
      if (fresh) known = undefined
      known ??= versions.getCode({}).then(({ gitVersion }) => gitVersion)
      return known.catch((error) => {
        known = undefined
        throw error
      })
    },
  }
}
