import { request } from 'node:http'
import { GATEWAY_PORT } from './gateway-pods.ts'

/** A reachable gateway answers at once. */
const TIMEOUT_MS = 1_500

/** @returns the status and the first 1,000 characters of the body; undefined when the address cannot be reached. */
function get(
  host: string,
  port: number,
  path: string,
): Promise<{ status: number; body: string } | undefined> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; body: string } | undefined>()
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const sent = request(
    { host, port, path, agent: false, signal, headers: { host: 'warm-pods' } },
    (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body = (body + text).slice(0, 1_000)
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.once('error', () => resolve(undefined))
    },
  )
  sent.once('error', () => resolve(undefined))
  sent.end()
  return promise
}

/**
 * @returns whether a gateway answers at this address. Another network of this machine may use the same address for something
 *   else, so a successful connection alone proves nothing.
 */
export async function isGateway(host: string, port = GATEWAY_PORT): Promise<boolean> {
  const response = await get(host, port, '/healthz')
  return response?.status === 200 && response.body.trim() === 'ok'
}

/**
 * @returns whether the gateway accepts an address as a pod's. Without an upgrade it answers 426 for an address it would
 *   connect to, and 404 for one outside the networks in its `cluster.conf`.
 */
export async function acceptsPodAddress(host: string, port: number, podIp: string): Promise<boolean> {
  return (await get(host, port, `/pod/${podIp}`))?.status === 426
}
