/**
 * The addresses of pods on this machine, and where they lead.
 * On Linux the whole of 127.0.0.0/8 is loopback, so every pod has its own address with port 8080, as in a cluster.
 * Other systems answer on 127.0.0.1 only: there a pod's address only identifies it, and the pod listens on its own port
 * of 127.0.0.1. Linux does the same while another program listens on port 8080 of all addresses.
 * The address alone determines which form it is. So the gateway, another process, needs no lookup.
 */

import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

export interface Endpoint {
  host: string
  port: number
}

/** `own`: the pod listens on its address. `named`: the address only identifies a port of 127.0.0.1. */
const PREFIX = { own: '127.88.', named: '127.89.' } as const
const SIZE = 2 ** 16
const FIRST_PORT = 20_000
const PORTS = 12_000
/** The port of a pod, as in docs/design.md. */
export const POD_PORT = 8080

function indexOf(podIp: string): number | undefined {
  const [, high, low] = /^127\.8[89]\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(podIp) ?? []
  const index = Number(high) * 256 + Number(low)
  return Number(high) < 256 && Number(low) < 256 && index > 0 ? index : undefined
}

/** Returns where to connect for `port` of the pod at `podIp`; undefined when `podIp` is not the address of a pod. */
export function podEndpoint(
  podIp: string,
  port = POD_PORT,
  platform: NodeJS.Platform = process.platform,
): Endpoint | undefined {
  const index = indexOf(podIp)
  if (index === undefined) return undefined
  return platform === 'linux' && podIp.startsWith(PREFIX.own)
    ? { host: podIp, port }
    : { host: '127.0.0.1', port: FIRST_PORT + (index % PORTS) }
}

function isFree({ host, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}

export interface AddressPool {
  next(): Promise<string>
}

/** After so many addresses without the free port, the port is taken on all addresses. */
const TRIES = 100

/**
 * Creates a pool of addresses. It assigns them in order, from a random one on, and each again only after 65,000 others.
 * A gateway or a page with an old address must not reach a new pod. It skips addresses on which another program listens.
 * @param port the port that pods listen on.
 */
export function createAddressPool(
  port = POD_PORT,
  platform: NodeJS.Platform = process.platform,
): AddressPool {
  let last = randomInt(SIZE)
  const among = async (prefix: string): Promise<string | undefined> => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      last = (last + 1) % SIZE
      const low = last % 256
      // Some libraries treat .0 and .255 as network and broadcast addresses.
      if (low === 0 || low === 255) continue
      const ip = `${prefix}${Math.floor(last / 256)}.${low}`
      const endpoint = podEndpoint(ip, port, platform)
      if (endpoint && (await isFree(endpoint))) return ip
    }
    return undefined
  }
  return {
    async next() {
      const own = platform === 'linux' ? await among(PREFIX.own) : undefined
      const ip = own ?? (await among(PREFIX.named))
      if (ip === undefined)
        throw new Error(`Expected a free address for a pod, found none in ${TRIES} tries of either kind`)
      return ip
    },
  }
}
