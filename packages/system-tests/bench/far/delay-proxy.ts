import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that makes a server on this machine as distant as a round-trip time. */
export interface DelayProxy extends AsyncDisposable {
  /** The round-trip time, ms. */
  rttMs: number
  /** Connections since the start. */
  connections: number
}

/**
 * Listens on `port` and forwards to `target` on loopback. Each chunk waits half a round trip in each direction. The first
 * bytes of a connection wait one round trip more, as they would wait for TCP's handshake (RFC 9293 section 3.5).
 */
export async function startDelayProxy(port: number, target: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    proxy.connections++
    const far = connect(target, '127.0.0.1')
    const { rttMs } = proxy
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => near.destroy())
    }
    forward(near, far, rttMs / 2, performance.now() + rttMs)
    forward(far, near, rttMs / 2, 0)
  })
  const proxy: DelayProxy = {
    rttMs: 0,
    connections: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return proxy
}

function forward(from: Socket, to: Socket, delayMs: number, notBeforeMs: number): void {
  // Timers of equal length fire in the order of their start, but the first chunk waits longer than the next ones.
  let lastMs = notBeforeMs
  const later = (act: () => void) => {
    lastMs = Math.max(lastMs, performance.now())
    const waitMs = lastMs + delayMs - performance.now()
    if (waitMs <= 0) act()
    else setTimeout(act, waitMs)
  }
  from.on('data', (chunk) => later(() => to.writable && to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('close', () => later(() => to.destroy()))
}
