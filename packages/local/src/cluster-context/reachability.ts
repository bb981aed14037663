import { request } from 'node:http'
import { GATEWAY_PORT } from './gateway-pods.ts'

/** A gateway answers at once or is not there. */
const PATIENCE_MS = 1_500

/** The status and body of a plain GET; undefined when there is no way to that address. */
function get(
  host: string,
  port: number,
  path: string,
): Promise<{ status: number; body: string } | undefined> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; body: string } | undefined>()
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const asked = request(
    { host, port, path, agent: false, signal, headers: { host: 'warm-pods' } },
    (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (text: string) => {
        body = (body + text).slice(0, 1_000)
      })
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }))
      answer.once('error', () => resolve(undefined))
    },
  )
  asked.once('error', () => resolve(undefined))
  asked.end()
  return promise
}

/** Whether a gateway answers here: another network of this machine may use the same addresses for something else. */
export async function isGateway(host: string, port = GATEWAY_PORT): Promise<boolean> {
  const answer = await get(host, port, '/healthz')
  return answer?.status === 200 && answer.body.trim() === 'ok'
}

/**
 * Whether the gateway takes an address for a pod's: asked without an upgrade it says 426 to one it would connect to, and
 * 404 to one outside of the networks in its `cluster.conf`.
 */
export async function admits(host: string, port: number, podIp: string): Promise<boolean> {
  return (await get(host, port, `/pod/${podIp}`))?.status === 426
}
