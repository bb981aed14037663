import type { IncomingMessage } from 'node:http'

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether a request was made to this machine by name. A website can point its own name at 127.0.0.1 (DNS rebinding) and
 * then reach us as "same origin"; the Host header gives it away.
 */
export function isForThisMachine(request: IncomingMessage): boolean {
  const host = request.headers.host ?? ''
  return LOCAL_NAMES.has(host.replace(/:\d+$/, '').toLowerCase())
}
