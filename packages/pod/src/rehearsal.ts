/**
 * One visit of a pod to itself before it listens: a handshake, a token check, and one ping. Node compiles code when it first runs, so
 * without this the first visitor would wait for the compiler.
 */
import { newPodKey, signToken } from '@warm-pods/core/identity/token.ts'
import { formatPing, parsePong, SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { WebSocket } from 'ws'
import type { PodConfig } from './config.ts'
import { createEvents } from './events.ts'
import { SOCKET_PATH } from './plain-http.ts'
import { startPod } from './server.ts'

/** A pod that cannot reach itself starts all the same. */
const TIMEOUT_MS = 1_000

/**
 * Serves one visitor on a port of its own, on the loopback address, with a key and a session of its own. It logs nothing, and leaves
 * the pod's session, counts and idle time alone. Never throws.
 */
export async function rehearse(config: PodConfig): Promise<void> {
  const { metricsPort: _metricsPort, ...rest } = config
  const own = { ...rest, key: newPodKey(), ip: '127.0.0.1', port: 0 }
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS)
  try {
    const pod = await startPod({
      config: own,
      events: createEvents(() => undefined),
      signal: stop.signal,
      onKill: () => undefined,
    })
    await Promise.race([visit(own, pod.ports.port), pod.ended])
    stop.abort()
    await pod.ended
  } catch {
    // The pod's own port shows whether it works.
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

/** Resolves after the first pong. */
async function visit({ ip, key }: PodConfig, port: number): Promise<void> {
  const expiresAtS = Math.ceil((Date.now() + TIMEOUT_MS) / 1_000)
  const token = await signToken(key, { sessionId: '0'.repeat(32), epoch: 1, expiresAtS })
  const socket = new WebSocket(`ws://${ip}:${port}${SOCKET_PATH}`, [SUBPROTOCOL, token], {
    perMessageDeflate: false,
  })
  const pong = Promise.withResolvers<void>()
  socket.on('error', () => undefined)
  socket.on('close', () => pong.resolve())
  socket.on('open', () => socket.send(formatPing(1)))
  socket.on('message', (data) => {
    if (parsePong(String(data))) pong.resolve()
  })
  await pong.promise
  socket.terminate()
}
