import type { IncomingMessage, ServerResponse } from 'node:http'

/** The path of the WebSocket: the gateway strips the pod's address from the path. */
export const SOCKET_PATH = '/'
/** The path of the readiness probe. */
export const HEALTH_PATH = '/health'

const RESPONSES = {
  200: { state: 'serving' },
  404: { error: { code: 'no_such_path', message: 'Unknown path. Expected / (a WebSocket) or /health.' } },
  405: { error: { code: 'no_such_method', message: 'Expected GET.' } },
  426: { error: { code: 'upgrade_required', message: 'Expected a WebSocket upgrade.' } },
  503: { state: 'terminating' },
} as const

type Status = keyof typeof RESPONSES

/**
 * Returns the status of the response to a plain request.
 * @param path the raw request target.
 * @param serving false once the pod terminates.
 */
export function statusFor(method: string | undefined, path: string | undefined, serving: boolean): Status {
  if (path !== SOCKET_PATH && path !== HEALTH_PATH) return 404
  if (method !== 'GET' && method !== 'HEAD') return 405
  if (path === SOCKET_PATH) return 426
  return serving ? 200 : 503
}

/**
 * Answers a plain request with short JSON that never repeats the request. It closes the connection of a request with a
 * body, because the pod does not read bodies.
 */
export function respond(request: IncomingMessage, response: ServerResponse, status: Status): void {
  const body = JSON.stringify(RESPONSES[status])
  const hasBody = 'content-length' in request.headers || 'transfer-encoding' in request.headers
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(status === 426 ? { upgrade: 'websocket' } : {}),
    ...(hasBody || status === 503 ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
