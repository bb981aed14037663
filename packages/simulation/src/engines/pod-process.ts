/**
 * The process in a pod: the token check and the session binding of packages/pod, with simulated sockets. Kills, close
 * codes and the idle exit follow packages/pod/src/session.ts.
 */
import type { Limits } from '@warm-pods/core/limits.ts'
import { CLOSE } from '@warm-pods/core/socket.ts'
import { createSessionBinding } from '@warm-pods/pod/session-binding.ts'
import { checkToken } from '@warm-pods/pod/token-check.ts'
import type { Loop } from './virtual-clock.ts'

/** The page's side of a socket. */
export interface Connection {
  /** The close code. 1006 means a broken connection; 0 means that the page declared the pod dead. */
  readonly closed: Promise<number>
  /** Sends a kill request over the socket. */
  kill(how: 'crash' | 'freeze'): void
  /** The page or its network disconnects. */
  disconnect(): void
}

export type Opened = { ok: true; connection: Connection } | { ok: false; code: number }

export interface PodProcessOptions {
  readonly uid: string
  readonly key: string
  readonly limits: Limits
  readonly loop: Loop
  readonly wallMs: () => number
  /** Called for every accepted socket. */
  readonly onServe: (sessionId: string, header: string) => void
  readonly onExit: (code: number) => void
}

/** How long the page takes to declare a frozen pod dead: a ping, its deadline, and two more of each. */
const SILENCE_MS = 2_000
const EXIT_MS = 60
/** Exit codes of a pod. `killed` is 128 + SIGKILL. */
export const EXIT = { terminated: 143, crash: 1, over: 0, killed: 137 } as const

interface Socket {
  readonly resolve: (code: number) => void
  gone: boolean
}

/** The process of one pod, with at most one current socket. */
export class PodProcess {
  readonly #options: PodProcessOptions
  readonly #binding = createSessionBinding()
  #current: Socket | undefined
  /** The last closed socket; the idle limit counts from its end. */
  #lastSocket: Socket | undefined
  #frozen = false
  #ending = false
  #exited = false

  constructor(options: PodProcessOptions) {
    this.#options = options
  }

  get frozen(): boolean {
    return this.#frozen
  }

  /** Whether the readiness probe passes. */
  get healthy(): boolean {
    return !this.#frozen && !this.#exited && !this.#ending
  }

  /** Opens a socket with the offered subprotocols. A frozen process never answers: the page has its own deadline. */
  async open(header: string): Promise<Opened> {
    if (this.#exited) return { ok: false, code: 1006 }
    if (this.#frozen) return new Promise(() => undefined)
    const { key, wallMs, onServe } = this.#options
    const check = await checkToken(header, key, wallMs())
    if (this.#exited) return { ok: false, code: 1006 }
    if (this.#ending) return { ok: false, code: CLOSE.terminating.code }
    if (!check.ok) return { ok: false, code: CLOSE.refused.code }
    if (this.#binding.accept(check.claims) !== 'accepted') return { ok: false, code: CLOSE.refused.code }
    onServe(check.claims.sessionId, header)
    return { ok: true, connection: this.#serve() }
  }

  /** Handles SIGTERM. A frozen process ignores it. */
  terminate(): void {
    if (this.#frozen || this.#ending) return
    this.#ending = true
    this.#closeSocket(CLOSE.terminating.code)
    this.#options.loop.in(EXIT_MS, () => this.exit(EXIT.terminated))
  }

  /** Ends the process. The socket closes with 1006. */
  exit(code: number): void {
    if (this.#exited) return
    this.#exited = true
    this.#closeSocket(1006)
    this.#options.onExit(code)
  }

  #serve(): Connection {
    const older = this.#current
    const { promise: closed, resolve } = Promise.withResolvers<number>()
    const socket: Socket = { resolve, gone: false }
    this.#current = socket
    older?.resolve(CLOSE.replaced.code)
    return {
      closed,
      kill: (how) => this.#kill(socket, how),
      disconnect: () => {
        resolve(1006)
        this.#lost(socket)
      },
    }
  }

  #kill(socket: Socket, how: 'crash' | 'freeze'): void {
    if (socket.gone || this.#current !== socket || this.#exited || this.#frozen) return
    if (how === 'crash') {
      this.exit(EXIT.crash)
      return
    }
    this.#frozen = true
    this.#options.loop.in(SILENCE_MS, () => socket.resolve(0))
  }

  #lost(socket: Socket): void {
    socket.gone = true
    if (this.#current !== socket) return
    this.#current = undefined
    this.#lastSocket = socket
    const { loop, limits } = this.#options
    loop.in(limits.socketIdleMs, () => {
      if (this.#current || this.#lastSocket !== socket || this.#ending || this.#frozen) return
      this.#ending = true
      this.exit(EXIT.over)
    })
  }

  #closeSocket(code: number): void {
    this.#current?.resolve(code)
    this.#current = undefined
  }
}
