/** A visitor: what the page does by itself, and what the person before it takes into their head. */
import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { Line } from '../engines/pod-process.ts'
import { Process } from '../engines/simulated-process.ts'
import type { World } from '../world.ts'
import { PageCalls, type Reply } from './visitor-calls.ts'

/** How much of each a visitor is inclined to. */
const WHIMS = {
  stay: 4,
  polite: 3,
  crash: 2,
  freeze: 2,
  leave: 2,
  vanish: 2,
  reload: 2,
  cut: 1,
  forget: 0.5,
  killTwice: 1,
  recoverAlive: 1,
} as const
type Whim = keyof typeof WHIMS

const POLL_MS = { from: 500, to: 2_500 } as const
const GIVES_UP_MS = 150_000

export class Page {
  readonly process: Process
  readonly #world: World
  #calls: PageCalls | undefined
  #line: Line | undefined

  constructor(world: World, n: number) {
    this.#world = world
    this.process = new Process(`page-${n}`, 'page', 0)
  }

  /** One person's whole visit; some come back with a new secret. */
  async visit(address: string): Promise<void> {
    const { chance } = this.#world
    do {
      const calls = await PageCalls.open(this.#world, this.process, address)
      this.#calls = calls
      const twice = chance.happens(0.1)
      const [first, second] = await Promise.all([this.#claim(calls), twice ? calls.claim() : undefined])
      let session = first ?? (second?.ok ? second.session : undefined)
      while (session && session.state !== 'ended') session = await this.#next(calls, session)
    } while (chance.happens(0.3))
  }

  /** The tab is closed or its machine is gone: sockets fall silent, and the pod hears of it in a while. */
  vanish(): void {
    if (!this.process.alive) return
    this.#world.note(() => `${this.#calls?.id ?? this.process.name} vanishes`)
    this.process.die()
    const line = this.#line
    if (line) this.#world.loop.in(this.#world.chance.pick([5, 5_000, 10_000]), () => line.leave())
  }

  async #claim(calls: PageCalls): Promise<Session | undefined> {
    for (let tried = 0; tried < 5; tried++) {
      const reply = await calls.claim()
      if (reply.ok) return reply.session
      if (reply.code === 'session_over' || reply.code.startsWith('too_many')) return undefined
      await this.#pause(reply.retryAfterMs)
    }
    return undefined
  }

  #pause(ms: number): Promise<void> {
    return this.#world.wire.sleep(this.process, ms)
  }

  async #next(calls: PageCalls, session: Session): Promise<Session | undefined> {
    if (session.state === 'live' && session.socket && session.pod) return this.#serve(calls, session)
    return this.#wait(calls, session)
  }

  async #wait(calls: PageCalls, seen: Session): Promise<Session | undefined> {
    const { chance, loop } = this.#world
    const untilMs = loop.nowMs + GIVES_UP_MS
    if (seen.state === 'recovering' && !seen.pod && chance.happens(0.1))
      return this.#recover(calls, seen, 'failover')
    while (loop.nowMs < untilMs) {
      await this.#pause(chance.between(POLL_MS.from, POLL_MS.to))
      if (chance.happens(0.07))
        void calls.kill(chance.pick(['polite', 'crash', 'freeze']), this.#sometimes(seen.epoch))
      const reply = await calls.read()
      if (reply.ok && reply.session && (reply.session.state !== seen.state || reply.session.socket))
        return reply.session
      if (!reply.ok && reply.status === 404) return undefined
    }
    await calls.release()
    return undefined
  }

  async #serve(calls: PageCalls, session: Session): Promise<Session | undefined> {
    const line = await this.#connect(session)
    if (!line) return this.#recover(calls, session, this.#how())
    this.#line = line
    await calls.connected(session.epoch)
    const next = await this.#stay(calls, session, line)
    if (this.#line === line) this.#line = undefined
    return next
  }

  async #connect(session: Session): Promise<Line | undefined> {
    const { kube, wire, loop, chance } = this.#world
    for (let tried = 0; tried < 1 + chance.whole(3); tried++) {
      await this.#pause(wire.legMs())
      const { promise, resolve } = Promise.withResolvers<Line | undefined>()
      loop.in(this.#world.limits.openDeadlineMs, () => resolve(undefined))
      kube.connect(session.pod?.ip ?? '', session.socket?.protocols.join(', ') ?? '').then((opened) => {
        // A line that comes when nobody waits for it any more is hung up.
        if (opened.ok && !this.process.alive) opened.line.leave()
        loop.in(wire.legMs(), () => resolve(opened.ok ? opened.line : undefined))
      })
      const line = await promise
      if (line || !this.process.alive) return line
      await this.#pause(200)
    }
    return undefined
  }

  /** What the visitor does with a pod that answers, until they have another session, or none. */
  async #stay(calls: PageCalls, seen: Session, line: Line): Promise<Session | undefined> {
    const { chance } = this.#world
    let session = seen
    for (;;) {
      const closed = await this.#during(line, chance.pick([50, 800, 4_000, 20_000, 55_000]))
      if (closed !== undefined) return this.#lost(calls, session, closed)
      const leftMs = Date.parse(session.leaseEndsAt) - this.#world.wallMs()
      if (leftMs < 90_000 && chance.happens(0.8)) {
        const reply = await calls.extend()
        if (reply.ok && reply.session) session = reply.session
        else if (!reply.ok && reply.status === 409) return undefined
      }
      const whim = chance.weighed(WHIMS)
      if (whim !== 'stay') return this.#follow(calls, session, line, whim)
    }
  }

  async #follow(
    calls: PageCalls,
    session: Session,
    line: Line,
    whim: Exclude<Whim, 'stay'>,
  ): Promise<Session | undefined> {
    const { epoch } = session
    switch (whim) {
      case 'polite':
        return this.#kill(calls, session, line, () => calls.kill('polite', this.#sometimes(epoch)))
      case 'killTwice':
        return this.#kill(calls, session, line, () => {
          void calls.kill('freeze', epoch)
          return calls.kill('polite', epoch)
        })
      case 'crash':
        line.die('crash')
        return this.#kill(calls, session, line, () => calls.kill('crash', epoch))
      case 'freeze':
        line.die('freeze')
        return this.#kill(calls, session, line, async () => {
          await line.closed
          return calls.kill('freeze', epoch)
        })
      case 'leave':
        line.leave()
        // Somebody whose goodbye was lost does not know, and is gone all the same.
        await calls.release()
        return undefined
      case 'vanish':
        this.vanish()
        return undefined
      case 'reload': {
        line.leave()
        return this.#claim(calls)
      }
      case 'cut':
        line.leave()
        return this.#recover(calls, session, this.#how())
      case 'recoverAlive':
        return this.#recover(calls, session, this.#how())
      case 'forget':
        // A tab in the background, its timers asleep, its socket open.
        return (await this.#during(line, 400_000)) === undefined ? this.#claim(calls) : undefined
      default:
        return whim satisfies never
    }
  }

  /** The kill's answer is not waited for: the page fails over as soon as it hears of the death. */
  async #kill(
    calls: PageCalls,
    session: Session,
    line: Line,
    ask: () => Promise<Reply>,
  ): Promise<Session | undefined> {
    const { chance } = this.#world
    const asked = ask()
    const closed = await this.#during(line, chance.pick([2_000, 8_000]))
    if (chance.happens(0.3)) await asked
    return closed === undefined && chance.happens(0.5)
      ? this.#claim(calls)
      : this.#recover(calls, session, this.#how())
  }

  async #lost(calls: PageCalls, session: Session, code: number): Promise<Session | undefined> {
    // Another tab of the same visitor took over, or the session is over.
    if (code === 4002 || code === 4006) return undefined
    return this.#recover(calls, session, this.#how())
  }

  async #recover(calls: PageCalls, session: Session, how: 'failover' | 'heal'): Promise<Session | undefined> {
    const { chance } = this.#world
    if (chance.happens(0.1)) void calls.recover(session.epoch, chance.happens(0.5) ? 'failover' : 'heal')
    for (let tried = 0; tried < 4; tried++) {
      const reply = await calls.recover(session.epoch, how)
      if (reply.ok) return reply.session
      if (reply.status === 404 || reply.code === 'session_over') return undefined
      if (reply.code === 'old_epoch') return this.#readAgain(calls)
      await this.#pause(reply.retryAfterMs)
    }
    return this.#readAgain(calls)
  }

  async #readAgain(calls: PageCalls): Promise<Session | undefined> {
    const reply = await calls.read()
    return reply.ok ? reply.session : undefined
  }

  /** The line's close code, or undefined when it is still open after so long. */
  #during(line: Line, ms: number): Promise<number | undefined> {
    return Promise.race([line.closed, this.#pause(ms).then(() => undefined)])
  }

  #how(): 'failover' | 'heal' {
    return this.#world.chance.happens(0.7) ? 'failover' : 'heal'
  }

  #sometimes(epoch: number): number | undefined {
    return this.#world.chance.happens(0.7) ? epoch : undefined
  }
}
