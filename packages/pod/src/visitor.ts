import type { Socket } from 'node:net'
import type { CloseName } from '@warm-pods/core/close-codes.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import { CLOSE, formatPong, parsePageMessage } from '@warm-pods/core/socket.ts'
import type { RawData, WebSocket } from 'ws'
import { createBucket } from './bucket.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { PodCounts } from './metrics/counts.ts'
import { atWallClock } from './wall-clock-timer.ts'

/** Bytes that may wait to be sent before the peer counts as unresponsive: some thousand pongs. */
const SEND_BUFFER_BYTES = 64 * 1_024

export interface VisitorOptions {
  readonly limits: Limits
  readonly counts: PodCounts
  /** When the token expires, ms since 1970. */
  readonly expiresAtMs: number
  readonly onKill: (how: 'crash' | 'freeze') => void
  readonly onClosing: (why: CloseName) => void
}

/** Closes the socket with a code of {@link CLOSE}. `reason` replaces the table's text. */
export function closeAs(ws: WebSocket, why: CloseName, reason: string = CLOSE[why].meaning): void {
  ws.close(CLOSE[why].code, reason)
}

/**
 * Serves one accepted socket until it closes: pongs, kills, rate limit, heartbeat, expiry.
 * @param socket the TCP connection of `ws`.
 * @returns a function that returns how many pings were answered so far.
 */
export function serveVisitor(ws: WebSocket, socket: Socket, options: VisitorOptions): () => number {
  const { counts, limits, onKill, onClosing } = options
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

  /** Every frame of the peer costs a token, protocol pings and pongs included. Returns whether to handle the frame. */
  const spend = (): boolean => {
    heartbeat.onActivity()
    if (ws.readyState !== ws.OPEN) return false
    if (!bucket.take(readAtMs())) end('tooFast', `At most ${limits.messagesPerSecond} messages a second.`)
    else if (ws.bufferedAmount > SEND_BUFFER_BYTES) end('unresponsive')
    else return true
    return false
  }
  const onMessage = (data: RawData, isBinary: boolean): void => {
    counts.messages.received += 1
    if (!spend()) return
    const message = isBinary ? undefined : parsePageMessage(String(data))
    switch (message?.type) {
      case 'ping':
        answered += 1
        pong(ws, message.seq, readAtMs(), counts)
        break
      case 'die':
        onKill(message.how)
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
  ws.on('pong', (data) => {
    const roundTripMs = heartbeat.onPong(data)
    if (roundTripMs !== undefined) counts.heartbeat.measure(roundTripMs / 1_000)
    spend()
  })
  ws.once('close', () => {
    heartbeat.stop()
    stopExpiry()
  })
  return () => answered
}

/** Sends bytes, because `ws` writes a string more slowly: header and string do not share one plain `writev`. */
function pong(ws: WebSocket, seq: number, readAtMs: number, counts: PodCounts): void {
  const heldMs = performance.now() - readAtMs
  counts.held.measure(heldMs / 1_000)
  counts.messages.sent += 1
  const heldUs = Math.round(heldMs * 1_000)
  ws.send(Buffer.from(formatPong(seq, heldUs), 'latin1'), { binary: false })
}

/**
 * Adds a listener before and one after that of `ws`. The first records the time, so `held` in a pong includes the reading.
 * The first also corks the socket and the second uncorks it, so all pongs of one read leave in one write. That write is
 * most of a message's cost.
 * @returns a function that returns when the latest bytes were read: monotonic clock, ms.
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
