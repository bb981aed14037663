/**
 * A port of a pod as a port of this machine, through the API server: what `kubectl port-forward` does. Each connection
 * gets a WebSocket of its own, subprotocol v4.channel.k8s.io: binary messages, whose first byte is the channel (0 bytes
 * of the port, 1 an error in words), and each channel begins with the port's number in two bytes, little-endian.
 * https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
 */
import { createServer, type Socket } from 'node:net'
import { WebSocket } from 'ws'

export interface Forward extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number
  /** Takes nobody new; whoever is connected stays for as long as the pod lets them. */
  leave(): void
}

export interface ForwardOptions {
  /** Origin of the door, http. */
  readonly endpoint: string
  readonly token: string
  readonly namespace: string
  readonly pod: string
  readonly podPort: number
}

const DATA = 0
const OPEN_WITHIN_MS = 5_000
/** Both channels begin with the port's number. */
const PREFIX_BYTES = 2
/** Bytes on their way to the API server beyond which the visitor is not read. */
const HIGH_WATER = 262_144

/** Listens until disposed of. A connection whose pod is gone is closed. @throws the error of `listen`. */
export async function forwardPort(options: ForwardOptions): Promise<Forward> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    tunnel(socket, options)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    leave: () => void server.close(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      await new Promise((closed) => server.close(closed))
    },
  }
}

function tunnel(socket: Socket, { endpoint, token, namespace, pod, podPort }: ForwardOptions): void {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${podPort}`
  const way = new WebSocket(`${endpoint.replace(/^http/, 'ws')}${path}`, 'v4.channel.k8s.io', {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: OPEN_WITHIN_MS,
    perMessageDeflate: false,
  })
  const skipped = [0, 0]
  socket.pause()
  socket.on('error', () => socket.destroy())
  socket.once('close', () => way.close())
  way.once('open', () => socket.resume())
  way.on('message', (data: Buffer) => {
    const channel = data[0] ?? DATA
    const skip = Math.min(PREFIX_BYTES - (skipped[channel] ?? PREFIX_BYTES), data.length - 1)
    skipped[channel] = (skipped[channel] ?? 0) + skip
    const bytes = data.subarray(1 + skip)
    if (bytes.length === 0) return
    // An error in words: nothing listens there any more. What follows is silence, so the visitor is told by the end.
    if (channel !== DATA) return void socket.destroy()
    if (socket.writable && !socket.write(bytes)) {
      way.pause()
      socket.once('drain', () => way.resume())
    }
  })
  socket.on('data', (bytes) => {
    way.send(Buffer.concat([Buffer.of(DATA), bytes]), () => {
      if (socket.isPaused() && way.bufferedAmount < HIGH_WATER) socket.resume()
    })
    if (way.bufferedAmount >= HIGH_WATER) socket.pause()
  })
  way.once('close', () => socket.end())
  way.once('error', () => socket.destroy())
}
