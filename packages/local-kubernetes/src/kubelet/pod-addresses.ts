// Where a pod's address leads on this machine. On Linux the whole of 127.0.0.0/8 is loopback, so that every process can
// have an address of its own and port 8080 on it, as in a cluster. Elsewhere only 127.0.0.1 answers: there the address
// stays the pod's name, and leads to a port of its own. The same is done on Linux while something listens on port 8080 of
// all addresses (a development server, say), because then no single address has that port left. Which it is can be told
// from the address alone, so the gateway, which is another process, uses the same function and asks nobody.

import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

export type Endpoint = { host: string; port: number }

/** Pods with an address of their own, and pods whose address only names a port of 127.0.0.1. */
const PREFIX = { own: '127.88.', named: '127.89.' } as const
const SIZE = 2 ** 16
const FIRST_PORT = 20_000
const PORTS = 12_000
/** The port of a pod (design.md: pod port 8080). */
export const POD_PORT = 8080

function indexOf(podIp: string): number | undefined {
  const [, high, low] = /^127\.8[89]\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(podIp) ?? []
  const index = Number(high) * 256 + Number(low)
  return Number(high) < 256 && Number(low) < 256 && index > 0 ? index : undefined
}

/** Where to connect for `port` of the pod at `podIp`; undefined for what is no pod's address. */
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

export type AddressPool = { next(): Promise<string> }

/** A try that fails everywhere says that the port is taken on all addresses; more would only take time. */
const TRIES = 100

/**
 * Hands out addresses in order from a random one on, each again only after 65,000 others: a gateway or a page that still
 * holds an old address must not meet a new pod there. Addresses that something else listens on are passed over.
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
      // .0 and .255 look like a network and a broadcast address to people and to some libraries.
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
