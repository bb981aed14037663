import type { IncomingMessage } from 'node:http'
import type { ErrorStatus } from './error-responses.ts'
import { addressIn } from './target.ts'

/** The TCP address of a pod. On Linux every pod has its own IP address and port 8080; elsewhere its own port. */
export interface PodAddress {
  readonly host: string
  readonly port: number
}

/** @returns the TCP address for a pod's IP address; undefined for any other address. */
export type Resolve = (ip: string) => PodAddress | undefined

/** `client_max_body_size` of the nginx in k8s/. */
const BODY_BYTES = 1_024

export type UpgradeValidation = { ok: true; address: PodAddress } | { ok: false; status: ErrorStatus }
type UpgradeRequest = Pick<IncomingMessage, 'url' | 'method' | 'httpVersion' | 'rawHeaders' | 'headers'>

/**
 * Checks that a request is an upgrade to a pod's WebSocket. The order of the checks is that of nginx, so both give the same
 * status for a request with several errors.
 */
export function validateUpgrade(request: UpgradeRequest, resolve: Resolve): UpgradeValidation {
  const reject = (status: ErrorStatus): UpgradeValidation => ({ ok: false, status })
  if (isMalformed(request)) return reject(400)
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES) return reject(413)
  if (hasBody(request)) return reject(400)
  const ip = addressIn(request.url)
  const address = ip === undefined ? undefined : resolve(ip)
  if (!address) return reject(404)
  if (request.method !== 'GET') return reject(405)
  if (request.httpVersion !== '1.1') return reject(505)
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') return reject(426)
  return { ok: true, address }
}

/** Two servers may pick different ones of two Host headers (RFC 9112 section 3.2). */
function isMalformed({ rawHeaders, httpVersion }: UpgradeRequest): boolean {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length
  return hosts > 1 || (hosts === 0 && httpVersion === '1.1')
}

/** Two servers may also disagree about where a body ends. An upgrade by GET needs no body. */
function hasBody({ headers }: UpgradeRequest): boolean {
  return 'transfer-encoding' in headers || (headers['content-length'] ?? '0') !== '0'
}
