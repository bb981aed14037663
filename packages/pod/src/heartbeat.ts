import type { WebSocket } from 'ws'

export interface Heartbeat {
  /** Whatever came from the peer, it lives. */
  heard(): void
  stop(): void
}

/**
 * Pings a peer each period, and gives it up when nothing at all came from it between two pings: a peer that vanished
 * without a FIN (a pulled cable, a suspended machine) shows in no other way. Browsers answer by themselves (RFC 6455 section 5.5.2).
 */
export function startHeartbeat(ws: WebSocket, everyMs: number, onDeaf: () => void): Heartbeat {
  let alive = true
  const timer = setInterval(() => {
    if (!alive) {
      onDeaf()
      return
    }
    alive = false
    if (ws.readyState === ws.OPEN) ws.ping()
  }, everyMs)
  return {
    heard: () => {
      alive = true
    },
    stop: () => clearInterval(timer),
  }
}
