import type { Socket } from 'node:net'
import type { Limits } from '@warm-pods/core/limits.ts'
import { CLOSE, type CloseName, formatPong, parsePageMessage } from '@warm-pods/core/socket.ts'
import type { RawData, WebSocket } from 'ws'
import { atWallClock } from './alarm.ts'
import { createBucket } from './bucket.ts'
import { startHeartbeat } from './heartbeat.ts'

/** What a peer may leave unread before it counts as unresponsive; some thousand pongs. */
const SEND_BUFFER_BYTES = 64 * 1_024

export interface VisitorOptions {
  readonly limits: Limits
  /** When the token stops being good, ms since 1970. */
  readonly expiresAtMs: number
  readonly onDie: (how: 'crash' | 'freeze') => void
  readonly onClosing: (why: CloseName) => void
}

/** Closes with a code of the table, and a reason more exact than its meaning where there is one. */
export function closeAs(ws: WebSocket, why: CloseName, reason: string = CLOSE[why].meaning): void {
  ws.close(CLOSE[why].code, reason)
}

/**
 * Serves one admitted socket until it closes: pongs, deaths, rate, heartbeat, expiry.
 * @param socket the connection under `ws`.
 * @returns how many messages were answered so far.
 */
export function serveVisitor(ws: WebSocket, socket: Socket, options: VisitorOptions): () => number {
  const { limits, onDie, onClosing } = options
  const end = (why: CloseName, reason?: string): void => {
    if (ws.readyState !== ws.OPEN) return
    onClosing(why)
    closeAs(ws, why, reason)
  }
  const bucket = createBucket(limits.messagesPerSecond, limits.messageBurst, performance.now())
  const heartbeat = startHeartbeat(ws, limits.heartbeatMs, () => end('unresponsive'))
  const stopExpiry = atWallClock(options.expiresAtMs, () => end('expired'))
  const readAtMs = watchReads(socket)
  let answered = 0

  /** Every frame that a peer can send of its own accord costs a token: protocol pings too, as each makes us write. */
  const spend = (): boolean => {
    heartbeat.heard()
    if (ws.readyState !== ws.OPEN) return false
    if (!bucket.take(readAtMs())) end('tooFast', `At most ${limits.messagesPerSecond} messages a second.`)
    else if (ws.bufferedAmount > SEND_BUFFER_BYTES) end('unresponsive')
    else return true
    return false
  }
  const onMessage = (data: RawData, isBinary: boolean): void => {
    if (!spend()) return
    const message = isBinary ? undefined : parsePageMessage(String(data))
    switch (message?.type) {
      case 'ping':
        answered += 1
        pong(ws, message.seq, readAtMs())
        break
      case 'die':
        onDie(message.how)
        break
      case undefined:
        end('policy', 'Expected the text p,<seq> or die,crash or die,freeze.')
        break
      default:
        message satisfies never
    }
  }

  ws.on('message', onMessage)
  ws.on('ping', (data) => {
    if (spend()) ws.pong(data)
  })
  ws.on('pong', spend)
  ws.once('close', () => {
    heartbeat.stop()
    stopExpiry()
  })
  return () => answered
}

/** As bytes, since `ws` writes a string in a slower way (its header and a string make no plain `writev`). */
function pong(ws: WebSocket, seq: number, readAtMs: number): void {
  const heldUs = Math.round((performance.now() - readAtMs) * 1_000)
  ws.send(Buffer.from(formatPong(seq, heldUs), 'latin1'), { binary: false })
}

/**
 * Stands around the listener of `ws`: what a pong calls held includes reading the frame, and the pongs to all the pings of
 * one read leave in one write, which is most of what a message costs.
 * @returns when the latest bytes were read, on the monotonic clock in ms.
 */
function watchReads(socket: Socket): () => number {
  let readAtMs = performance.now()
  socket.prependListener('data', () => {
    readAtMs = performance.now()
    socket.cork()
  })
  socket.on('data', () => socket.uncork())
  return () => readAtMs
}
