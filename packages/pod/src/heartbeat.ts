import type { WebSocket } from 'ws'

export interface Heartbeat {
  /** Call it for every frame of the peer: any frame proves that the peer is alive. */
  onActivity(): void
  /** Call it for every pong. @returns the round trip of the ping that it answers, ms; undefined for any other pong. */
  onPong(payload: Buffer): number | undefined
  stop(): void
}

/**
 * Pings the peer at each interval. Calls `onUnresponsive` at every interval without a frame from the peer.
 * A peer that vanished without a FIN (a pulled cable, a suspended machine) can be detected in no other way.
 * Browsers answer pings by themselves (RFC 6455 section 5.5.2).
 */
export function startHeartbeat(ws: WebSocket, everyMs: number, onUnresponsive: () => void): Heartbeat {
  let alive = true
  let beat = 0
  let sentMs: number | undefined
  const timer = setInterval(() => {
    if (!alive) {
      onUnresponsive()
      return
    }
    alive = false
    if (ws.readyState !== ws.OPEN) return
    // A pong repeats the payload (RFC 6455 section 5.5.3), so a late one is not taken for the answer to a later ping.
    beat += 1
    ws.ping(String(beat))
    sentMs = performance.now()
  }, everyMs)
  return {
    onActivity: () => {
      alive = true
    },
    onPong: (payload) => {
      if (sentMs === undefined || String(payload) !== String(beat)) return undefined
      const roundTripMs = performance.now() - sentMs
      sentMs = undefined
      return roundTripMs
    },
    stop: () => clearInterval(timer),
  }
}
