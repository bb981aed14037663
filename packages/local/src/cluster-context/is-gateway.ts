import { GATEWAY_PORT } from './gateway-pods.ts'

/** A reachable gateway answers at once. */
const TIMEOUT_MS = 1_500

/**
 * @returns whether a gateway answers at this address. Another network of this machine may use the same address for something
 *   else, so a successful connection alone proves nothing.
 */
export async function isGateway(ip: string): Promise<boolean> {
  try {
    const response = await fetch(`http://${ip}:${GATEWAY_PORT}/healthz`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return response.status === 200 && (await response.text()).trim() === 'ok'
  } catch {
    return false
  }
}
