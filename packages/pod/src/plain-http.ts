import type { IncomingMessage, ServerResponse } from 'node:http'

/** Where a visitor's socket is: the gateway strips the address from the path. */
export const SOCKET_PATH = '/'
export const HEALTH_PATH = '/health'

const ANSWERS = {
  200: { state: 'serving' },
  404: { error: { code: 'no_such_path', message: 'There is nothing here but / (a WebSocket) and /health.' } },
  405: { error: { code: 'no_such_method', message: 'Expected GET.' } },
  426: { error: { code: 'upgrade_required', message: 'This is a WebSocket: expected an upgrade.' } },
  503: { state: 'terminating' },
} as const

type Status = keyof typeof ANSWERS

/** What a plain request gets. Nothing of the request is ever echoed. @param path the raw request target. */
export function statusFor(method: string | undefined, path: string | undefined, serving: boolean): Status {
  if (path !== SOCKET_PATH && path !== HEALTH_PATH) return 404
  if (method !== 'GET' && method !== 'HEAD') return 405
  if (path === SOCKET_PATH) return 426
  return serving ? 200 : 503
}

/** Answers a plain request in short JSON, and closes a connection that sent a body, which nothing here reads. */
export function answer(request: IncomingMessage, response: ServerResponse, status: Status): void {
  const body = JSON.stringify(ANSWERS[status])
  const unread = 'content-length' in request.headers || 'transfer-encoding' in request.headers
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(status === 426 ? { upgrade: 'websocket' } : {}),
    ...(unread || status === 503 ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
