import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Masked text frames, as RFC 6455 section 5.2 requires of a client. Each payload has at most 125 bytes. */
export function framesOf(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.map((text) => {
      const mask = randomBytes(4)
      const payload = Buffer.from(text).map((byte, i) => byte ^ (mask[i & 3] ?? 0))
      return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload])
    }),
  )
}

export interface RawClient extends Disposable {
  /** Sends bytes that hold `count` frames. Resolves when as many text frames have arrived. */
  exchange(frames: Buffer, count: number): Promise<void>
}

/** Opens a client that counts frames and decodes none, so that the measurement shows the server's cost. */
export async function openRaw(port: number, protocols: string): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const lines = [
    'GET / HTTP/1.1',
    'Host: pod',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocols === '' ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  await headEnd(socket)
  let wanted = 0
  let done: () => void = () => undefined
  const count = frameCounter()
  socket.on('data', (chunk: Buffer) => {
    wanted -= count(chunk)
    if (wanted <= 0) done()
  })
  return {
    exchange: (frames, frameCount) =>
      new Promise((resolve) => {
        wanted = frameCount
        done = resolve
        socket.write(frames)
      }),
    [Symbol.dispose]: () => socket.destroy(),
  }
}

/** Reads the 101 response and, from a pod, the hello after it. They may arrive in any number of chunks. */
async function headEnd(socket: Socket): Promise<void> {
  let text = ''
  while (!text.includes('\r\n\r\n') || (/protocol: warm-pods/i.test(text) && !text.includes('"epoch"'))) {
    const [chunk] = await once(socket, 'data')
    text += chunk.toString('latin1')
  }
}

/** Counts a server's text frames in a stream of chunks. Frames have no mask and at most 125 bytes. */
function frameCounter(): (chunk: Buffer) => number {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    let frames = 0
    while (at + 2 <= bytes.length) {
      const end = at + 2 + ((bytes[at + 1] ?? 0) & 0x7f)
      if (end > bytes.length) break
      if (bytes[at] === 0x81) frames += 1
      at = end
    }
    rest = bytes.subarray(at)
    return frames
  }
}
