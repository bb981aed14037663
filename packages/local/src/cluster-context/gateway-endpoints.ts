/** The ways to the gateway there are now: each replica at its own address, or through a forwarded port. */
import { setTimeout as sleep } from 'node:timers/promises'
import { GATEWAY_PORT, type GatewayPod, gatewayList, readGateways } from './gateway-pods.ts'
import { type Forward, forwardPort } from './port-forward.ts'

/** Where a connection to one replica is opened. */
export interface Way {
  readonly host: string
  readonly port: number
}

export interface WaysOptions {
  /** Origin of the door, and the token that opens it. */
  readonly endpoint: string
  readonly token: string
  readonly namespace: string
  /** Whether pods have addresses that this machine reaches. */
  readonly routable: boolean
}

export interface Ways extends AsyncDisposable {
  /** In random order. */
  now(): readonly Way[]
  /** Looks again at once: one of them did not answer. */
  lookAgain(): Promise<void>
}

/** A replica that leaves takes connections for 5 s more: two looks. */
const EVERY_MS = 2_000
const TIMEOUT_MS = 5_000

/** Keeps looking until disposed of. While the API server does not answer, what was known last holds. */
export async function openWays(options: WaysOptions): Promise<Ways> {
  const { endpoint, namespace, token } = options
  const stop = new AbortController()
  const forwards = new Map<string, Forward>()
  let ways: Way[] = []
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    const answer = await fetch(endpoint + gatewayList(namespace), {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (!answer.ok) throw new Error(`The gateway's pods cannot be listed: ${answer.status}.`)
    const { ready } = readGateways(await answer.json())
    ways = await Promise.all(ready.map(wayTo))
    for (const [name, forward] of forwards) {
      if (ready.some((pod) => pod.name === name)) continue
      forwards.delete(name)
      forward.leave()
    }
  }

  async function wayTo({ ip, name }: GatewayPod): Promise<Way> {
    if (options.routable) return { host: ip, port: GATEWAY_PORT }
    const forward =
      forwards.get(name) ?? (await forwardPort({ ...options, pod: name, podPort: GATEWAY_PORT }))
    forwards.set(name, forward)
    return { host: '127.0.0.1', port: forward.port }
  }

  function lookOnce(): Promise<void> {
    looking ??= look()
      .catch(() => undefined)
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  async function keepLooking(): Promise<void> {
    while (!stop.signal.aborted) {
      await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined)
      if (!stop.signal.aborted) await lookOnce()
    }
  }

  await lookOnce()
  const kept = keepLooking()
  return {
    now: () => ways.toSorted(() => Math.random() - 0.5),
    lookAgain: lookOnce,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await kept
      await Promise.all([...forwards.values()].map((forward) => forward[Symbol.asyncDispose]()))
    },
  }
}
