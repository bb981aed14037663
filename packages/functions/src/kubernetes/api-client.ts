/**
 * The Kubernetes API for the adapter: the official client's generated calls, and the first event of a watch. It does not use
 * KubeConfig, which opens a TLS connection for every call; here one keep-alive agent serves all calls. That needs deep
 * imports, so the client's version is pinned.
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
import { messageWithCauses } from '../lib/error-causes.ts'
import { logWatchFailed } from '../lib/log.ts'
import type { ClusterEndpoint, Endpoint } from './cluster-endpoint.ts'

/** Two of these and the delay between them fit into the 10 s that the page waits. */
const CALL_TIMEOUT_MS = 4_000

/** The part of the API that the adapter uses. Calls throw the client's ApiException for a response that is no success. */
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
  /**
   * Watches pods. Resolves to true at the first event, and to false after `timeoutMs`, on `stop` and after an error.
   * @param timeoutMs a whole number.
   * @throws RangeError, of AbortSignal.timeout, when `timeoutMs` has a fraction. It throws no other error.
   */
  firstPodEvent(
    selector: string,
    resourceVersion: string,
    timeoutMs: number,
    stop: AbortSignal,
  ): Promise<boolean>
}

/** Stands in the generated calls' URLs until the endpoint is known, which is when a call is made. */
const UNKNOWN_ORIGIN = 'https://endpoint.invalid'

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
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(UNKNOWN_ORIGIN, {}),
    authMethods: {
      default: {
        getName: () => 'bearer',
        async applySecurityAuthentication(context: RequestContext) {
          const [server, bearer] = await Promise.all([endpoint.get(), token()])
          if (bearer) context.setHeaderParam('Authorization', `Bearer ${bearer}`)
          context.setUrl(server.url + context.getUrl().slice(UNKNOWN_ORIGIN.length))
          context.setDispatcher(agentFor(server))
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
      const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
      try {
        const [server, bearer] = await Promise.all([endpoint.get(), token()])
        const { statusCode, body } = await request(
          `${server.url}/api/v1/namespaces/${namespace}/pods?${query}`,
          {
            dispatcher: agentFor(server),
            signal,
            headersTimeout: 0,
            bodyTimeout: 0,
            ...(bearer ? { headers: { Authorization: `Bearer ${bearer}` } } : {}),
          },
        )
        // The first bytes of a watch are its first event. 410 Gone means that it missed events.
        const isWatch = statusCode === 200 || statusCode === 410
        for await (const bytes of body) {
          if (!isWatch)
            noteWatchProblem(`Kubernetes answered ${statusCode}: ${bytes.toString().slice(0, 300)}`)
          return isWatch
        }
      } catch (error) {
        if (!signal.aborted) noteWatchProblem(messageWithCauses(error))
      }
      return false
    },
  }
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
