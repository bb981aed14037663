/**
 * What runs in a pod: packages/pod's own admission and tenancy, around a socket that is a call. Deaths, the close codes and
 * the idle exit are as packages/pod/src/session.ts has them.
 */
import type { Limits } from '@warm-pods/core/limits.ts'
import { CLOSE } from '@warm-pods/core/socket.ts'
import { createSessionBinding } from '@warm-pods/pod/session-binding.ts'
import { checkToken } from '@warm-pods/pod/token-check.ts'
import type { Loop } from './virtual-clock.ts'

/** The page's end of a socket. */
export interface Line {
  /** The close code; 1006 for a cut, 0 when the page itself has found the pod silent. */
  readonly closed: Promise<number>
  /** What the page says to its own pod. */
  die(how: 'crash' | 'freeze'): void
  /** The page goes, or its network does: the pod hears of it later, or at its next heartbeat. */
  leave(): void
}

export type Opened = { ok: true; line: Line } | { ok: false; code: number }

export interface PodProcessOptions {
  readonly uid: string
  readonly key: string
  readonly limits: Limits
  readonly loop: Loop
  readonly wallMs: () => number
  /** Told of every socket that is let in. */
  readonly onServe: (sessionId: string, header: string) => void
  readonly onExit: (code: number) => void
}

/** How long a page takes to call a frozen pod dead: a ping, its deadline, and two more of them. */
const SILENCE_MS = 2_000
const EXIT_MS = 60
export const EXIT = { terminated: 143, crash: 1, over: 0, killed: 137 } as const

interface Held {
  readonly resolve: (code: number) => void
  gone: boolean
}

export class PodProcess {
  readonly #options: PodProcessOptions
  readonly #binding = createSessionBinding()
  #current: Held | undefined
  /** Whose going the idle time runs from. */
  #lastHeld: Held | undefined
  #frozen = false
  #ending = false
  #exited = false

  constructor(options: PodProcessOptions) {
    this.#options = options
  }

  get frozen(): boolean {
    return this.#frozen
  }

  /** Answers the kubelet's probe. */
  get healthy(): boolean {
    return !this.#frozen && !this.#exited && !this.#ending
  }

  /** A socket arrives with what it offers. Never answers when the process is frozen: the page has its own deadline. */
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
    return { ok: true, line: this.#serve() }
  }

  /** SIGTERM. A frozen process does not hear it. */
  terminate(): void {
    if (this.#frozen || this.#ending) return
    this.#ending = true
    this.#hangUp(CLOSE.terminating.code)
    this.#options.loop.in(EXIT_MS, () => this.exit(EXIT.terminated))
  }

  /** The process ends, however: nobody hears a word. */
  exit(code: number): void {
    if (this.#exited) return
    this.#exited = true
    this.#hangUp(1006)
    this.#options.onExit(code)
  }

  #serve(): Line {
    const older = this.#current
    const { promise: closed, resolve } = Promise.withResolvers<number>()
    const held: Held = { resolve, gone: false }
    this.#current = held
    older?.resolve(CLOSE.replaced.code)
    return {
      closed,
      die: (how) => this.#die(held, how),
      leave: () => {
        resolve(1006)
        this.#lost(held)
      },
    }
  }

  #die(held: Held, how: 'crash' | 'freeze'): void {
    if (held.gone || this.#current !== held || this.#exited || this.#frozen) return
    if (how === 'crash') {
      this.exit(EXIT.crash)
      return
    }
    this.#frozen = true
    this.#options.loop.in(SILENCE_MS, () => held.resolve(0))
  }

  #lost(held: Held): void {
    held.gone = true
    if (this.#current !== held) return
    this.#current = undefined
    this.#lastHeld = held
    const { loop, limits } = this.#options
    loop.in(limits.socketIdleMs, () => {
      if (this.#current || this.#lastHeld !== held || this.#ending || this.#frozen) return
      this.#ending = true
      this.exit(EXIT.over)
    })
  }

  #hangUp(code: number): void {
    this.#current?.resolve(code)
    this.#current = undefined
  }
}
