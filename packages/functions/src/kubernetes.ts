/**
 * The product's adapter to Kubernetes, over the official client's generated API. Loaded lazily: the client's models and
 * undici are the largest part of a cold start, and a warm claim does not need them. KubeConfig is left out on purpose:
 * it makes a new TLS connection for every call; here one kept-alive agent serves all.
 * The deep imports are the price; the client's version is pinned.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestContext } from '@kubernetes/client-node'
import { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js'
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js'
import {
  ObjectBatchV1Api,
  ObjectCoreV1Api,
  ObjectVersionApi,
} from '@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js'
import { setHeaderOptions } from '@kubernetes/client-node/dist/middleware.js'
import { OURS } from '@warm-pods/core/names.ts'
import { Agent, request } from 'undici'
import type { Cluster, CreateResult, NewJob } from './cluster.ts'
import { jobView, podView } from './cluster-view.ts'
import type { Config } from './config.ts'
import { jobManifest } from './job-manifest.ts'
import { statusOf } from './kubernetes-status.ts'
import { steady } from './steady.ts'

const CALL_TIMEOUT_MS = 5_000
const MERGE_PATCH = setHeaderOptions('Content-Type', 'application/merge-patch+json')

/** @param token asked before every call, so that one that expires can be renewed. */
export function kubernetes(config: Config, token: () => Promise<string>): Cluster {
  const { namespace } = config
  const agent = new Agent({
    keepAliveTimeout: 60_000,
    headersTimeout: CALL_TIMEOUT_MS,
    bodyTimeout: CALL_TIMEOUT_MS,
    connect: {
      timeout: 2_000,
      ...(config.kubernetes.ca ? { ca: Buffer.from(config.kubernetes.ca, 'base64') } : {}),
    },
  })
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(config.kubernetes.endpoint, {}),
    authMethods: {
      default: {
        getName: () => 'bearer',
        async applySecurityAuthentication(context: RequestContext) {
          const bearer = await token()
          if (bearer) context.setHeaderParam('Authorization', `Bearer ${bearer}`)
          context.setDispatcher(agent)
        },
      },
    },
  })
  const batch = new ObjectBatchV1Api(configuration)
  const core = new ObjectCoreV1Api(configuration)
  const versions = new ObjectVersionApi(configuration)
  /** A control plane is upgraded far less often than a Lambda lives. */
  let known: Promise<string> | undefined

  return {
    async createJob(job: NewJob): Promise<CreateResult> {
      try {
        const body = jobManifest(job, config)
        await steady(() => batch.createNamespacedJob({ namespace, body, fieldValidation: 'Strict' }))
        return { result: 'created' }
      } catch (error) {
        const status = statusOf(error)
        if (status?.code === 409) return { result: 'exists' }
        if (status?.code === 403 && status.message.includes('exceeded quota')) {
          return { result: 'quota', message: status.message }
        }
        throw error
      }
    },

    async getJob(name) {
      const job = await unlessGone(() => batch.readNamespacedJob({ namespace, name }))
      return job ? jobView(job) : undefined
    },

    async list() {
      const [jobs, pods] = await Promise.all([
        steady(() => batch.listNamespacedJob({ namespace, labelSelector: OURS })),
        steady(() => core.listNamespacedPod({ namespace, labelSelector: OURS })),
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
        steady(() => core.listNamespacedPod({ namespace, labelSelector: `job-name=${name}` })),
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
      return { diedAtMs: endsAt ? new Date(endsAt).getTime() - grace * 1000 : Date.now() }
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

    async nextChange(resourceVersion, timeoutMs) {
      const startMs = performance.now()
      const query = new URLSearchParams({ watch: '1', labelSelector: OURS, resourceVersion })
      const url = `${config.kubernetes.endpoint}/api/v1/namespaces/${namespace}/pods?${query}`
      const changed = await firstEvent(agent, url, await token(), AbortSignal.timeout(timeoutMs))
      // Refused or cut: the next list tells what is true, and asking again at once would add to the server's trouble.
      if (!changed) await sleep(Math.max(0, timeoutMs - (performance.now() - startMs)))
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

/** @returns whether a watch had something to say: its first bytes are its first event (410 Gone: it missed some). */
async function firstEvent(
  dispatcher: Agent,
  url: string,
  bearer: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, {
      dispatcher,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(bearer ? { headers: { Authorization: `Bearer ${bearer}` } } : {}),
    })
    for await (const _event of body) return statusCode === 200 || statusCode === 410
  } catch {
    // Aborted when the time was over, or cut.
  }
  return false
}

/** @returns undefined when the object is gone, or is not the one that was meant (a precondition that does not hold). */
async function unlessGone<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await steady(call)
  } catch (error) {
    const code = statusOf(error)?.code
    if (code === 404 || code === 409) return undefined
    throw error
  }
}
