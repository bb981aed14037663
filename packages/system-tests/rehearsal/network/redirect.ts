/** The rehearsal's server for every deployed name: the API, the gateway, and the endpoints of AWS. */
import type { IncomingMessage, RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { endWithStatus } from '@warm-pods/local/http/upgrade.ts'
import type { Certificates } from './certificates.ts'
import { type RunningServer, startServer } from './servers.ts'

const NAMES = fileURLToPath(new URL('./names.ts', import.meta.url))
export const AWS_DOMAIN = 'amazonaws.com'

export interface Site {
  readonly request: RequestListener
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** @param siteOf returns the site of a host name; undefined for a name that was not deployed. */
export function startNamedSites(
  certificates: Certificates,
  siteOf: (host: string) => Site | undefined,
): Promise<RunningServer> {
  const find = (request: IncomingMessage) => siteOf((request.headers.host ?? '').replace(/:\d+$/, ''))
  return startServer(
    {
      onRequest: (request, response) => {
        const site = find(request)
        if (site) site.request(request, response)
        else response.writeHead(421).end()
      },
      onUpgrade: (request, socket, head) => {
        const upgrade = find(request)?.upgrade
        if (upgrade) upgrade(request, socket, head)
        else endWithStatus(socket, 421)
      },
    },
    certificates,
  )
}

/** @returns the variables and Node flags with which a process reaches the deployed names on this machine. */
export function networkOf(domain: string, port: number, { caFile }: Certificates) {
  return {
    env: {
      REHEARSAL_NAMES: JSON.stringify({ domains: [domain, AWS_DOMAIN], port }),
      NODE_EXTRA_CA_CERTS: caFile,
    },
    flags: ['--import', NAMES],
  }
}
