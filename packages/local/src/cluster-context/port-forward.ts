/**
 * Forwards a local port to a port of a pod through the API server, as `kubectl port-forward` does.
 *
 * Each connection uses its own WebSocket with the subprotocol v4.channel.k8s.io. Messages are binary. The first byte is the
 * channel: 0 for data, 1 for an error as text. Each channel begins with the port number in two bytes, little-endian.
 * https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
 */
import { createServer, type Socket } from 'node:net'
import { WebSocket } from 'ws'

export interface PortForward extends AsyncDisposable {
  /** The local port, on 127.0.0.1. */
  readonly port: number
  /** Accepts no new connections. Open connections stay until either side closes them. */
  stopAccepting(): void
}

export interface ForwardOptions {
  /** URL of the cluster proxy, http. */
  readonly endpoint: string
  /** Bearer token of the cluster proxy. */
  readonly token: string
  readonly namespace: string
  readonly pod: string
  readonly podPort: number
}

const DATA_CHANNEL = 0
const HANDSHAKE_MS = 5_000
/** The port number at the beginning of each channel. */
const PREFIX_BYTES = 2
/** With more unsent bytes than this, reading from the visitor pauses. */
const HIGH_WATER = 262_144

/** Listens until disposed. A connection whose pod is gone is closed. @throws the error of `listen`. */
export async function forwardPort(options: ForwardOptions): Promise<PortForward> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    forwardConnection(socket, options)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    stopAccepting: () => void server.close(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      await new Promise((closed) => server.close(closed))
    },
  }
}

function forwardConnection(
  socket: Socket,
  { endpoint, token, namespace, pod, podPort }: ForwardOptions,
): void {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${podPort}`
  const tunnel = new WebSocket(`${endpoint.replace(/^http/, 'ws')}${path}`, 'v4.channel.k8s.io', {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: HANDSHAKE_MS,
    perMessageDeflate: false,
  })
  const skipped = [0, 0]
  socket.pause()
  socket.on('error', () => socket.destroy())
  socket.once('close', () => tunnel.close())
  tunnel.once('open', () => socket.resume())
  tunnel.on('message', (data: Buffer) => {
    const channel = data[0] ?? DATA_CHANNEL
    const skip = Math.min(PREFIX_BYTES - (skipped[channel] ?? PREFIX_BYTES), data.length - 1)
    skipped[channel] = (skipped[channel] ?? 0) + skip
    const bytes = data.subarray(1 + skip)
    if (bytes.length === 0) return
    // Error channel: the port is closed in the pod. No data follows, so close the socket, or the visitor would hang.
    if (channel !== DATA_CHANNEL) return void socket.destroy()
    if (socket.writable && !socket.write(bytes)) {
      tunnel.pause()
      socket.once('drain', () => tunnel.resume())
    }
  })
  socket.on('data', (bytes) => {
    tunnel.send(Buffer.concat([Buffer.of(DATA_CHANNEL), bytes]), () => {
      if (socket.isPaused() && tunnel.bufferedAmount < HIGH_WATER) socket.resume()
    })
    if (tunnel.bufferedAmount >= HIGH_WATER) socket.pause()
  })
  tunnel.once('close', () => socket.end())
  tunnel.once('error', () => socket.destroy())
}
