/**
 * The page's connection attempts: it opens another socket to the same pod first, and asks the API about the pod after each
 * failure. The rules are those of packages/web/src/visit/state/path.ts.
 */
import type { PodReach, Session } from '@warm-pods/core/api/contracts.ts'
import { CLOSE } from '@warm-pods/core/socket.ts'
import type { Connection } from '../engines/pod-process.ts'
import type { Process } from '../engines/simulated-process.ts'
import type { Network } from '../faults.ts'
import type { World } from '../world.ts'
import type { PageCalls } from './visitor-calls.ts'

/**
 * Why the page has no connection. `dead`: it gives the pod up. `reread`: the session has changed. `blocked`: the page has waited
 * in a blocked network. `over`: the page gives the session up.
 */
export type Loss = 'dead' | 'reread' | 'blocked' | 'over'

/** The result of one try. `code` is undefined when no pong came in time. */
type Tried = { ok: true; connection: Connection } | { ok: false; code: number | undefined }

/** The constants of path.ts and trouble.ts in packages/web. */
const BLOCKED_AFTER = { never: 3, before: 5 }
const CUTS_MAX = 5
const GUESS_AFTER = 4
const GUESS_AFTER_MS = 5_000
const BLOCKED_MS = 30_000
const BLOCKED_MAX_MS = 120_000
const RETRY_MS = { base: 200, cap: 15_000 }
const PAUSE_MS = { base: 400, cap: 8_000 }
const STEADY_MS = 30_000

/** A cutting network cuts a socket after up to one of these times, ms. */
const CUT_AFTER_MS = [300, 3_000, 40_000] as const

/** The failures of one visit on the way to its pods. */
export class Path {
  readonly #world: World
  readonly #process: Process
  readonly #network: Network
  #cuts = 0
  #lost = 0
  #unanswered = 0
  #blocked = 0
  #hasGuessed = false
  /** Whether a pong has come in this visit. */
  #hasConnected = false
  /** Whether the session was read again after a refused token. */
  #hasReread = false
  /** Whether the pod that the page now tries has answered before. */
  #isReconnecting = false
  #connectedMs = 0

  constructor(world: World, process: Process, network: Network) {
    this.#world = world
    this.#process = process
    this.#network = network
  }

  /** Tries the pod of a session until a socket works, or until the page gives up. */
  async connect(calls: PageCalls, session: Session): Promise<Connection | Loss> {
    const { chance, loop } = this.#world
    const sinceMs = loop.nowMs
    let failures = 0
    let known: PodReach | 'unknown' | undefined
    for (let tries = 1; ; tries++) {
      const tried = await this.#try(session)
      if (tried.ok) return this.#connected(tried.connection)
      const { code } = tried
      if (code === CLOSE.replaced.code) return 'over'
      if (code === CLOSE.terminating.code) return this.#giveUp()
      if (code === CLOSE.refused.code || code === CLOSE.sessionOver.code) return this.#reread()
      failures += code === undefined ? 2 : 1
      const answer = await calls.reach()
      const { reach } = answer
      if (reach === 'unknown' ? isOver(answer.code) : answer.epoch !== session.epoch) return 'reread'
      if (reach === 'no_answer') return this.#giveUp()
      // Failures before this answer may have had another cause.
      if (known !== reach) failures = known === undefined ? failures : 0
      known = reach
      const limit = BLOCKED_AFTER[this.#hasConnected ? 'before' : 'never']
      if (reach === 'answers' && (this.#blocked > 0 || failures >= limit)) return this.#block()
      if (reach === 'unknown' && failures >= GUESS_AFTER && loop.nowMs - sinceMs >= GUESS_AFTER_MS) {
        if (this.#hasGuessed) return this.#block()
        this.#hasGuessed = true
        return this.#giveUp()
      }
      await this.#pause(chance.between(0, Math.min(RETRY_MS.cap, RETRY_MS.base * 2 ** tries)))
    }
  }

  /**
   * An open socket is closed, and the page did not expect it.
   * @returns undefined when the page tries the same pod again now.
   */
  async closed(code: number): Promise<Loss | undefined> {
    if (this.#world.loop.nowMs - this.#connectedMs >= STEADY_MS) [this.#cuts, this.#lost] = [0, 0]
    if (code === CLOSE.terminating.code) return this.#giveUp()
    this.#cuts++
    if (this.#cuts > CUTS_MAX) return this.#block()
    await this.#backOff(this.#cuts)
    return undefined
  }

  /** Makes one try to open a socket. */
  async #try(session: Session): Promise<Tried> {
    const { kube, wire, loop, chance, limits } = this.#world
    await this.#pause(wire.legMs())
    if (this.#network === 'refusing') return { ok: false, code: 1006 }
    const { promise, resolve } = Promise.withResolvers<Tried>()
    let isLate = false
    loop.in(limits.openDeadlineMs, () => {
      isLate = true
      if (this.#process.alive) resolve({ ok: false, code: undefined })
    })
    void kube.connect(session.pod?.ip ?? '', session.socket?.protocols.join(', ') ?? '').then((opened) => {
      const close = (): void => {
        if (opened.ok) opened.connection.disconnect()
      }
      if (this.#network === 'cutting') loop.in(chance.between(100, chance.pick(CUT_AFTER_MS)), close)
      if (opened.ok && this.#network === 'swallowing') loop.in(limits.openDeadlineMs, close)
      else
        loop.in(wire.legMs(), () => {
          if (isLate || !this.#process.alive) close()
          else resolve(opened)
        })
    })
    return promise
  }

  #connected(connection: Connection): Connection {
    this.#connectedMs = this.#world.loop.nowMs
    this.#hasConnected = true
    this.#isReconnecting = true
    this.#hasReread = false
    this.#hasGuessed = false
    this.#unanswered = 0
    this.#blocked = 0
    return connection
  }

  #reread(): Loss | Promise<Loss> {
    // A pod that refuses a token read a moment ago serves another session.
    if (this.#hasReread) return this.#giveUp()
    this.#hasReread = true
    return 'reread'
  }

  async #giveUp(): Promise<Loss> {
    // In a blocked network another pod would not be reached either.
    if (this.#blocked > 0) return 'over'
    this.#lost++
    if (!this.#isReconnecting) this.#unanswered++
    this.#isReconnecting = false
    if (this.#unanswered >= this.#world.limits.target + 2) return 'over'
    await this.#backOff(this.#lost)
    return 'dead'
  }

  async #block(): Promise<Loss> {
    const { chance } = this.#world
    const baseMs = Math.min(BLOCKED_MAX_MS, BLOCKED_MS * 2 ** this.#blocked)
    this.#blocked++
    await this.#pause(baseMs * chance.between(0.75, 1.25))
    return 'blocked'
  }

  async #backOff(count: number): Promise<void> {
    if (count < 2) return
    const { chance } = this.#world
    await this.#pause(chance.between(0, Math.min(PAUSE_MS.cap, PAUSE_MS.base * 2 ** (count - 1))))
  }

  #pause(ms: number): Promise<void> {
    return this.#world.wire.sleep(this.#process, ms)
  }
}

function isOver(code: string): boolean {
  return code === 'no_session' || code === 'session_over' || code === 'future_epoch'
}
