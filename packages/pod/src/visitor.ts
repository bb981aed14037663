import type { Socket } from 'node:net'
import type { Limits } from '@warm-pods/core/limits.ts'
import { CLOSE, type CloseName, formatPong, parsePageMessage } from '@warm-pods/core/socket.ts'
import type { RawData, WebSocket } from 'ws'
import { createBucket } from './bucket.ts'

/** What a peer may leave unread before it counts as deaf; some thousand pongs. */
const SEND_BUFFER_BYTES = 64 * 1_024
/** The longest a timer can wait (HTML's `setTimeout` takes a signed 32-bit number of ms); a later expiry is looked at again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

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
 * @param socket the connection under `ws`, to know when a message was read.
 * @returns how many messages were answered so far.
 */
export function serveVisitor(ws: WebSocket, socket: Socket, options: VisitorOptions): () => number {
  const { limits, onDie, onClosing } = options
  const bucket = createBucket(limits.messagesPerSecond, limits.messageBurst, performance.now())
  let readAtMs = performance.now()
  let alive = true
  let answered = 0

  const end = (why: CloseName, reason?: string): void => {
    if (ws.readyState !== ws.OPEN) return
    onClosing(why)
    closeAs(ws, why, reason)
  }
  /** Every frame that a peer can send of its own accord costs a token: protocol pings too, as each makes us write. */
  const spend = (): boolean => {
    alive = true
    if (ws.readyState !== ws.OPEN) return false
    if (!bucket.take(readAtMs)) end('tooFast', `At most ${limits.messagesPerSecond} messages a second.`)
    else if (ws.bufferedAmount > SEND_BUFFER_BYTES) end('deaf')
    else return true
    return false
  }
  const onMessage = (data: RawData, isBinary: boolean): void => {
    if (!spend()) return
    const message = isBinary ? undefined : parsePageMessage(String(data))
    switch (message?.type) {
      case 'ping':
        answered += 1
        ws.send(
          Buffer.from(formatPong(message.seq, Math.round((performance.now() - readAtMs) * 1_000)), 'latin1'),
          { binary: false },
        )
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

  // Around the listener of `ws`: what a pong calls held includes reading the frame, and the pongs to all the pings of one
  // read leave in one write, which is most of what a message costs.
  socket.prependListener('data', () => {
    readAtMs = performance.now()
    socket.cork()
  })
  socket.on('data', () => socket.uncork())
  ws.on('message', onMessage)
  ws.on('ping', (data) => {
    if (spend()) ws.pong(data)
  })
  ws.on('pong', spend)

  const heartbeat = setInterval(() => {
    if (!alive) return end('deaf')
    alive = false
    if (ws.readyState === ws.OPEN) ws.ping()
  }, limits.heartbeatMs)
  const stopExpiry = atWallClock(options.expiresAtMs, () => end('expired'))
  ws.once('close', () => {
    clearInterval(heartbeat)
    stopExpiry()
  })
  return () => answered
}

/** Calls back at a wall-clock time, however far off. Returns its own undo. */
function atWallClock(atMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = (): void => {
    const leftMs = atMs - Date.now()
    timer = leftMs <= 0 ? setTimeout(callback) : setTimeout(arm, Math.min(leftMs, LONGEST_TIMER_MS))
  }
  arm()
  return () => clearTimeout(timer)
}
