/** The addresses at which the gateway's replicas can be reached now: their own, or forwarded ports. */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { GATEWAY_PORT, type GatewayPod, gatewayList, readGateways } from './gateway-pods.ts'
import { forwardPort, type PortForward } from './port-forward.ts'

/** The TCP address of one replica. */
export interface GatewayEndpoint {
  readonly host: string
  readonly port: number
}

export interface GatewayEndpointsOptions {
  /** URL of the cluster proxy. */
  readonly endpoint: string
  /** Bearer token of the cluster proxy. */
  readonly token: string
  readonly namespace: string
  /** Whether this machine can reach pods at their own addresses. */
  readonly routable: boolean
  /** Called when the replicas cannot be listed, once for each new reason. */
  readonly onProblem?: (text: string) => void
}

export interface GatewayEndpoints extends AsyncDisposable {
  /** @returns the endpoints in random order. */
  current(): readonly GatewayEndpoint[]
  /** Lists the replicas again now, for example after one did not accept a connection. Never fails. */
  refresh(): Promise<void>
}

/** A terminating replica accepts connections for another 5 s, so it is removed from the list in time. */
const REFRESH_MS = 2_000
/** The longest pause while the replicas cannot be listed. A visitor's request lists them at once. */
const MAX_REFRESH_MS = 30_000
const TIMEOUT_MS = 5_000

/**
 * Lists the replicas every 2 s until disposed. While the API server does not answer, the last list stays valid.
 * @returns after the first listing.
 */
export async function trackGatewayEndpoints(options: GatewayEndpointsOptions): Promise<GatewayEndpoints> {
  const { endpoint, namespace, token } = options
  const stop = new AbortController()
  const forwards = new Map<string, PortForward>()
  let endpoints: GatewayEndpoint[] = []
  let problem: string | undefined
  let failures = 0
  let refreshing: Promise<void> | undefined

  async function list(): Promise<void> {
    const response = await fetch(endpoint + gatewayList(namespace), {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 300)}`)
    problem = undefined
    failures = 0
    const { ready } = readGateways(await response.json())
    endpoints = await Promise.all(ready.map(endpointOf))
    for (const [name, forward] of forwards) {
      if (ready.some((pod) => pod.name === name)) continue
      forwards.delete(name)
      forward.stopAccepting()
    }
  }

  async function endpointOf({ ip, name }: GatewayPod): Promise<GatewayEndpoint> {
    if (options.routable) return { host: ip, port: GATEWAY_PORT }
    const forward =
      forwards.get(name) ?? (await forwardPort({ ...options, pod: name, podPort: GATEWAY_PORT }))
    forwards.set(name, forward)
    return { host: '127.0.0.1', port: forward.port }
  }

  /** Prints a problem once, not with every refresh. */
  function note(error: unknown): void {
    const text = `The gateway's pods cannot be listed: ${messageWithCauses(error)}`
    if (!stop.signal.aborted && text !== problem) options.onProblem?.(text)
    problem = text
    failures++
  }

  function refresh(): Promise<void> {
    refreshing ??= list()
      .catch(note)
      .finally(() => {
        refreshing = undefined
      })
    return refreshing
  }

  async function refreshPeriodically(): Promise<void> {
    while (!stop.signal.aborted) {
      await sleep(Math.min(REFRESH_MS * 2 ** failures, MAX_REFRESH_MS), undefined, {
        signal: stop.signal,
      }).catch(() => undefined)
      if (!stop.signal.aborted) await refresh()
    }
  }

  await refresh()
  const loop = refreshPeriodically()
  return {
    current: () => endpoints.toSorted(() => Math.random() - 0.5),
    refresh,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await loop
      await Promise.all([...forwards.values()].map((forward) => forward[Symbol.asyncDispose]()))
    },
  }
}
