import type { WebSocket } from 'ws'

export interface Heartbeat {
  /** Call it for every frame of the peer: any frame proves that the peer is alive. */
  onActivity(): void
  stop(): void
}

/**
 * Pings the peer at each interval. Calls `onUnresponsive` at every interval without a frame from the peer.
 * A peer that vanished without a FIN (a pulled cable, a suspended machine) can be detected in no other way.
 * Browsers answer pings by themselves (RFC 6455 section 5.5.2).
 */
export function startHeartbeat(ws: WebSocket, everyMs: number, onUnresponsive: () => void): Heartbeat {
  let alive = true
  const timer = setInterval(() => {
    if (!alive) {
      onUnresponsive()
      return
    }
    alive = false
    if (ws.readyState === ws.OPEN) ws.ping()
  }, everyMs)
  return {
    onActivity: () => {
      alive = true
    },
    stop: () => clearInterval(timer),
  }
}
