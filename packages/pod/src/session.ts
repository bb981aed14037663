import type { Socket } from 'node:net'
import { aliasOf } from '@warm-pods/core/identity/alias.ts'
import type { Claims } from '@warm-pods/core/identity/token.ts'
import type { Hello, PodMessage } from '@warm-pods/core/socket.ts'
import type { WebSocket } from 'ws'
import { type Admission, REFUSALS, type RefusalWhy } from './admission.ts'
import type { PodConfig } from './config.ts'
import type { PodEvents } from './events.ts'
import { createTenancy } from './tenancy.ts'
import { closeAs, serveVisitor } from './visitor.ts'

export type Ending = 'terminated' | 'session over'

export interface SessionOptions {
  readonly config: PodConfig
  readonly events: PodEvents
  /** Every WebSocket of this pod, on its way out or not; the caller keeps it. */
  readonly sockets: ReadonlySet<WebSocket>
  readonly onDie: (how: 'crash' | 'freeze') => void
  /** The session's socket has been gone longer than the idle limit. */
  readonly onOver: () => void
}

/** The one session this pod serves: who may come in, which socket is the current one, and when it is over. */
export function createSession({ config, events, sockets, onDie, onOver }: SessionOptions) {
  const { limits } = config
  const startedAt = new Date(performance.timeOrigin).toISOString()
  const tenancy = createTenancy()
  let current: WebSocket | undefined
  let idle: NodeJS.Timeout | undefined
  let ending: Ending | undefined

  /** Nothing in here waits, so two sockets cannot both be the first. */
  function verdict(admission: Admission): Claims | RefusalWhy {
    if (ending) return ending === 'terminated' ? 'terminating' : 'session over'
    // Only strangers can be too many: were the owner counted too, eight who linger would lock them out.
    if (!admission.ok) return sockets.size > limits.podConnections ? 'tooManyConnections' : admission.why
    const bound = tenancy.bound
    const tenant = tenancy.admit(admission.claims)
    if (tenant !== 'admitted') return tenant
    if (!bound) events.bound(admission.claims.sessionId, admission.claims.epoch)
    return admission.claims
  }

  function refuse(ws: WebSocket, why: RefusalWhy): void {
    events.refused(why)
    closeAs(ws, REFUSALS[why].close, REFUSALS[why].reason)
    if (why === 'tooManyConnections') ws.terminate()
  }

  function admit(ws: WebSocket, socket: Socket, claims: Claims): void {
    const older = current
    current = ws
    clearTimeout(idle)
    const expiresAtMs = claims.expiresAtS * 1_000
    const answered = serveVisitor(ws, socket, { limits, expiresAtMs, onDie, onClosing: events.closing })
    ws.once('close', (code) => {
      events.disconnected(claims.epoch, code, answered())
      if (current !== ws) return
      current = undefined
      if (!ending) idle = setTimeout(onOver, limits.socketIdleMs)
    })
    events.connected(claims.epoch)
    say(ws, helloOf(config, startedAt, claims.epoch))
    if (older) closeAs(older, 'replaced')
  }

  return {
    /** Decides about a socket that was just opened: serves it, or closes it with a code and a reason. */
    receive(ws: WebSocket, socket: Socket, admission: Admission): void {
      const found = verdict(admission)
      if (typeof found === 'string') {
        refuse(ws, found)
        return
      }
      admit(ws, socket, found)
    },
    /** From now on every socket is refused; the open one is told first, if the pod is being terminated. */
    end(how: Ending): void {
      ending = how
      clearTimeout(idle)
      if (how === 'terminated') events.terminating(limits.graceMs)
      if (current?.readyState !== current?.OPEN || !current) return
      say(current, { type: 'terminating', graceMs: limits.graceMs })
      closeAs(current, 'terminating')
    },
  }
}

function helloOf({ uid, name, node, zone, image }: PodConfig, startedAt: string, epoch: number): Hello {
  return { type: 'hello', uid, name, alias: aliasOf(uid), node, zone, image, startedAt, epoch }
}

function say(ws: WebSocket, message: PodMessage): void {
  ws.send(JSON.stringify(message))
}
