import type { Socket } from 'node:net'
import { aliasOf } from '@warm-pods/core/identity/alias.ts'
import type { Claims } from '@warm-pods/core/identity/token.ts'
import type { Hello, PodMessage } from '@warm-pods/core/socket.ts'
import type { WebSocket } from 'ws'
import type { PodConfig } from './config.ts'
import type { PodEvents } from './events.ts'
import type { PodCounts } from './metrics/counts.ts'
import { createSessionBinding } from './session-binding.ts'
import { REFUSALS, type RefusalWhy, type TokenCheck } from './token-check.ts'
import { closeAs, serveVisitor } from './visitor.ts'

export type Ending = 'terminated' | 'session over'

export interface SessionOptions {
  readonly config: PodConfig
  readonly events: PodEvents
  readonly counts: PodCounts
  /** Every WebSocket of this pod, closing ones included. The caller maintains the set. */
  readonly sockets: ReadonlySet<WebSocket>
  readonly onKill: (how: 'crash' | 'freeze') => void
  /** Called when the session's socket has been closed for longer than the idle limit. */
  readonly onOver: () => void
}

/** The one session that this pod serves: which sockets it accepts, which one is current, and when the session is over. */
export function createSession({ config, events, counts, sockets, onKill, onOver }: SessionOptions) {
  const { limits } = config
  const startedAt = new Date(performance.timeOrigin).toISOString()
  const binding = createSessionBinding()
  let current: WebSocket | undefined
  let idle: NodeJS.Timeout | undefined
  let ending: Ending | undefined

  /** Synchronous, so two sockets cannot both be the first. */
  function verdict(check: TokenCheck): Claims | RefusalWhy {
    if (ending) return ending === 'terminated' ? 'terminating' : 'session over'
    // The limit is for sockets without a good token. Otherwise a few idle strangers could lock out the owner.
    if (!check.ok) return sockets.size > limits.podConnections ? 'too many connections' : check.why
    const { bound } = binding
    const result = binding.accept(check.claims)
    if (result !== 'accepted') return result
    if (!bound) events.bound(check.claims.sessionId, check.claims.epoch, check.request)
    return check.claims
  }

  function refuse(ws: WebSocket, why: RefusalWhy): void {
    events.refused(why)
    counts.refused(why)
    closeAs(ws, REFUSALS[why].close, REFUSALS[why].reason)
    if (why === 'too many connections') ws.terminate()
  }

  function send(ws: WebSocket, message: PodMessage): void {
    counts.messages.sent += 1
    ws.send(JSON.stringify(message))
  }

  function serve(ws: WebSocket, socket: Socket, claims: Claims): void {
    const older = current
    current = ws
    clearTimeout(idle)
    const expiresAtMs = claims.expiresAtS * 1_000
    counts.opened(socket)
    const answered = serveVisitor(ws, socket, {
      limits,
      counts,
      expiresAtMs,
      onKill,
      onClosing: events.closing,
    })
    ws.once('close', (code) => {
      events.disconnected(claims.epoch, code, answered())
      counts.closed(socket, code)
      if (current !== ws) return
      current = undefined
      if (!ending) idle = setTimeout(onOver, limits.socketIdleMs)
    })
    events.connected(claims.epoch)
    send(ws, helloOf(config, startedAt, claims.epoch))
    if (older) closeAs(older, 'replaced')
  }

  return {
    /** Serves a socket that was just opened, or closes it with a code and a reason. */
    receive(ws: WebSocket, socket: Socket, check: TokenCheck): void {
      const decision = verdict(check)
      if (typeof decision === 'string') refuse(ws, decision)
      else serve(ws, socket, decision)
    },
    /** Refuses every socket from now on. An open socket receives `terminating`, then the close code for it. */
    end(how: Ending): void {
      ending = how
      clearTimeout(idle)
      if (how === 'terminated') events.terminating(limits.graceMs)
      if (current?.readyState !== current?.OPEN || !current) return
      send(current, { type: 'terminating', graceMs: limits.graceMs })
      closeAs(current, 'terminating')
    },
  }
}

function helloOf({ uid, name, node, zone, image }: PodConfig, startedAt: string, epoch: number): Hello {
  return { type: 'hello', uid, name, alias: aliasOf(uid), node, zone, image, startedAt, epoch }
}
