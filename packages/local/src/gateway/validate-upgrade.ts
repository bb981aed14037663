import type { IncomingMessage } from 'node:http'
import type { RefusalStatus } from './error-responses.ts'
import { addressIn } from './target.ts'

/** Where a pod's port is. On Linux every pod has an address of its own and port 8080; elsewhere it gets a port. */
export interface PodAddress {
  readonly host: string
  readonly port: number
}

/** Answers only for addresses of pods: what it does not know does not exist. */
export type Resolve = (ip: string) => PodAddress | undefined

/** `client_max_body_size` of the nginx in k8s/. */
const BODY_BYTES = 1_024

export type Judgement = { ok: true; address: PodAddress } | { ok: false; status: RefusalStatus }
type Asked = Pick<IncomingMessage, 'url' | 'method' | 'httpVersion' | 'rawHeaders' | 'headers'>

/** Decides whether a request is one for a pod's WebSocket; checks in the order nginx does, so that both say the same. */
export function judge(request: Asked, resolve: Resolve): Judgement {
  const refuse = (status: RefusalStatus): Judgement => ({ ok: false, status })
  if (isMalformed(request)) return refuse(400)
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES) return refuse(413)
  if (hasBody(request)) return refuse(400)
  const ip = addressIn(request.url)
  const address = ip === undefined ? undefined : resolve(ip)
  if (!address) return refuse(404)
  if (request.method !== 'GET') return refuse(405)
  if (request.httpVersion !== '1.1') return refuse(505)
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') return refuse(426)
  return { ok: true, address }
}

/** Two Hosts mean two readers may disagree (RFC 9112 section 3.2). */
function isMalformed({ rawHeaders, httpVersion }: Asked): boolean {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length
  return hosts > 1 || (hosts === 0 && httpVersion === '1.1')
}

/** Two readers may disagree about the bytes of a body, too, and a GET to upgrade has none. */
function hasBody({ headers }: Asked): boolean {
  return 'transfer-encoding' in headers || (headers['content-length'] ?? '0') !== '0'
}
