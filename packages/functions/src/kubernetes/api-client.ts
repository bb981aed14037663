/**
 * The Kubernetes API as the adapter asks it: the official client's generated calls, and the first word of a watch.
 * KubeConfig is left out on purpose: it makes a new TLS connection for every call; here one kept-alive agent serves all.
 * The deep imports are the price; the client's version is pinned.
 */
import type { RequestContext } from '@kubernetes/client-node'
import { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js'
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js'
import {
  ObjectBatchV1Api,
  ObjectCoreV1Api,
  ObjectVersionApi,
} from '@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js'
import { Agent, request } from 'undici'
import type { Config } from '../config.ts'

/** Twice this and the pause between is less than the ten seconds for which the page waits. */
const CALL_TIMEOUT_MS = 4_000

/** What the adapter uses of the API, and nothing more. Refusals are the client's ApiException. */
export interface KubernetesApi {
  readonly batch: Pick<
    ObjectBatchV1Api,
    | 'createNamespacedJob'
    | 'readNamespacedJob'
    | 'listNamespacedJob'
    | 'deleteNamespacedJob'
    | 'patchNamespacedJob'
  >
  readonly core: Pick<ObjectCoreV1Api, 'listNamespacedPod' | 'deleteNamespacedPod' | 'patchNamespacedPod'>
  readonly versions: Pick<ObjectVersionApi, 'getCode'>
  /** @returns whether a watch of pods had something to say before the time was over, or `stop` said so. It never fails. */
  firstPodEvent(
    selector: string,
    resourceVersion: string,
    timeoutMs: number,
    stop: AbortSignal,
  ): Promise<boolean>
}

/** @param token asked before every call, so that one that expires can be renewed. */
export function kubernetesApi(
  { kubernetes, namespace }: Pick<Config, 'kubernetes' | 'namespace'>,
  token: () => Promise<string>,
): KubernetesApi {
  const agent = new Agent({
    keepAliveTimeout: 60_000,
    headersTimeout: CALL_TIMEOUT_MS,
    bodyTimeout: CALL_TIMEOUT_MS,
    connect: {
      timeout: 2_000,
      ...(kubernetes.ca ? { ca: Buffer.from(kubernetes.ca, 'base64') } : {}),
    },
  })
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(kubernetes.endpoint, {}),
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
  return {
    batch: new ObjectBatchV1Api(configuration),
    core: new ObjectCoreV1Api(configuration),
    versions: new ObjectVersionApi(configuration),
    async firstPodEvent(labelSelector, resourceVersion, timeoutMs, stop) {
      const query = new URLSearchParams({ watch: '1', labelSelector, resourceVersion })
      const url = `${kubernetes.endpoint}/api/v1/namespaces/${namespace}/pods?${query}`
      return firstEvent(agent, url, await token(), AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]))
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
