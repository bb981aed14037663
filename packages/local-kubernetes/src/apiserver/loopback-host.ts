import type { IncomingMessage } from 'node:http'

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether the Host header names this machine. A website can resolve its own name to 127.0.0.1 (DNS rebinding) and send
 * "same origin" requests. The Host header then names the website.
 */
export function isForThisMachine(request: IncomingMessage): boolean {
  const host = request.headers.host ?? ''
  return LOCAL_NAMES.has(host.replace(/:\d+$/, '').toLowerCase())
}
