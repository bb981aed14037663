/** A visitor: the behaviour of the page, and random decisions of the person. */
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { CLOSE } from '@warm-pods/core/socket.ts'
import type { Connection } from '../engines/pod-process.ts'
import { Process } from '../engines/simulated-process.ts'
import { type Network, SPOILING_NETWORKS } from '../faults.ts'
import type { World } from '../world.ts'
import { PageCalls, type Reply } from './visitor-calls.ts'
import { type Loss, Path } from './visitor-path.ts'

/** The weights of a visitor's decisions. */
const BEHAVIOUR_WEIGHTS = {
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
type Behaviour = keyof typeof BEHAVIOUR_WEIGHTS

/** The skew of a wrong browser clock: four minutes, an hour, ten years. */
const BROWSER_SKEWS_MS = [-240_000, 240_000, -3_600_000, 3_600_000, -315_360_000_000] as const
const POLL_MS = { from: 500, to: 2_500 } as const
const GIVES_UP_MS = 150_000

/** A page and its visitor. `visit` plays until the page vanishes or the visitor stays away. */
export class Page {
  readonly process: Process
  readonly #world: World
  readonly #network: Network
  #path: Path
  #calls: PageCalls | undefined
  #connection: Connection | undefined

  constructor(world: World, n: number) {
    this.#world = world
    const { chance, wire } = world
    const isWrong = chance.happens(wire.faults.wrongBrowserClocks)
    this.process = new Process(`page-${n}`, 'page', isWrong ? chance.pick(BROWSER_SKEWS_MS) : 0)
    if (isWrong) wire.count('wrong browser clock')
    this.#network = chance.happens(wire.faults.spoiledNetworks) ? chance.pick(SPOILING_NETWORKS) : 'open'
    if (this.#network !== 'open') wire.count(`network ${this.#network}`)
    this.#path = new Path(world, this.process, this.#network)
  }

  /** Plays a whole visit. Some visitors return with a new secret. */
  async visit(address: string): Promise<void> {
    const { chance } = this.#world
    do {
      const calls = await PageCalls.open(this.#world, this.process, address)
      this.#calls = calls
      this.#path = new Path(this.#world, this.process, this.#network)
      const twice = chance.happens(0.1)
      const [first, second] = await Promise.all([this.#claim(calls), twice ? calls.claim() : undefined])
      let session = first ?? (second?.ok ? second.session : undefined)
      while (session && session.state !== 'ended') session = await this.#next(calls, session)
    } while (chance.happens(0.3))
  }

  /** The tab closes or its machine stops. The pod notices the lost socket later. */
  vanish(): void {
    if (!this.process.alive) return
    this.#world.note(() => `${this.#calls?.id ?? this.process.name} vanishes`)
    this.process.die()
    const connection = this.#connection
    if (connection)
      this.#world.loop.in(this.#world.chance.pick([5, 5_000, 10_000]), () => connection.disconnect())
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
    const connection = await this.#path.connect(calls, session)
    if (typeof connection === 'string') return this.#leavePod(calls, session, connection)
    this.#connection = connection
    await calls.connected(session.epoch)
    const next = await this.#stay(calls, session, connection)
    if (this.#connection === connection) this.#connection = undefined
    return next
  }

  /** Uses a serving pod until the session changes or ends. */
  async #stay(calls: PageCalls, seen: Session, connection: Connection): Promise<Session | undefined> {
    const { chance } = this.#world
    let session = seen
    for (;;) {
      const closed = await this.#during(connection, chance.pick([50, 800, 4_000, 20_000, 55_000]))
      if (closed !== undefined) return this.#lost(calls, session, closed)
      if (calls.leaseLeftMs() < 90_000 && chance.happens(0.8)) {
        const reply = await calls.extend()
        if (reply.ok && reply.session) session = reply.session
        else if (!reply.ok && reply.status === 409) return undefined
      }
      const behaviour = chance.weighed(BEHAVIOUR_WEIGHTS)
      if (behaviour !== 'stay') return this.#follow(calls, session, connection, behaviour)
    }
  }

  async #follow(
    calls: PageCalls,
    session: Session,
    connection: Connection,
    behaviour: Exclude<Behaviour, 'stay'>,
  ): Promise<Session | undefined> {
    const { epoch } = session
    switch (behaviour) {
      case 'polite':
        return this.#kill(calls, session, connection, () => calls.kill('polite', this.#sometimes(epoch)))
      case 'killTwice':
        return this.#kill(calls, session, connection, () => {
          void calls.kill('freeze', epoch)
          return calls.kill('polite', epoch)
        })
      case 'crash':
        connection.kill('crash')
        return this.#kill(calls, session, connection, () => calls.kill('crash', epoch))
      case 'freeze':
        connection.kill('freeze')
        return this.#kill(calls, session, connection, async () => {
          await connection.closed
          return calls.kill('freeze', epoch)
        })
      case 'leave':
        connection.disconnect()
        // The visitor leaves even if the release request is lost.
        await calls.release()
        return undefined
      case 'vanish':
        this.vanish()
        return undefined
      case 'reload': {
        connection.disconnect()
        return this.#claim(calls)
      }
      case 'cut':
        connection.disconnect()
        return this.#lost(calls, session, await connection.closed)
      case 'recoverAlive':
        this.#world.visitors.kills(calls.id, epoch)
        return this.#recover(calls, session, this.#how())
      case 'forget':
        // A background tab with throttled timers and an open socket.
        return (await this.#during(connection, 400_000)) === undefined ? this.#claim(calls) : undefined
      default:
        return behaviour satisfies never
    }
  }

  /** Does not wait for the response of the kill: the page recovers as soon as the socket closes. */
  async #kill(
    calls: PageCalls,
    session: Session,
    connection: Connection,
    requestKill: () => Promise<Reply>,
  ): Promise<Session | undefined> {
    const { chance } = this.#world
    this.#world.visitors.kills(calls.id, session.epoch)
    const response = requestKill()
    const closed = await this.#during(connection, chance.pick([2_000, 8_000]))
    if (chance.happens(0.3)) await response
    return closed === undefined && chance.happens(0.5)
      ? this.#claim(calls)
      : this.#recover(calls, session, this.#how())
  }

  async #lost(calls: PageCalls, session: Session, code: number): Promise<Session | undefined> {
    // Another tab of the visitor took over, or the session has ended.
    if (code === CLOSE.replaced.code || code === CLOSE.sessionOver.code) return undefined
    const loss = await this.#path.closed(code)
    return loss === undefined ? session : this.#leavePod(calls, session, loss)
  }

  /** Goes on without a connection to the pod. */
  async #leavePod(calls: PageCalls, session: Session, loss: Loss): Promise<Session | undefined> {
    switch (loss) {
      case 'dead':
        return this.#recover(calls, session, this.#how())
      case 'reread':
        return this.#readAgain(calls)
      case 'blocked':
        return this.#claim(calls)
      case 'over':
        await calls.release()
        return undefined
      default:
        return loss satisfies never
    }
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

  /** Returns the close code, or undefined when the connection is still open after `ms`. */
  #during(connection: Connection, ms: number): Promise<number | undefined> {
    return Promise.race([connection.closed, this.#pause(ms).then(() => undefined)])
  }

  #how(): 'failover' | 'heal' {
    return this.#world.chance.happens(0.7) ? 'failover' : 'heal'
  }

  #sometimes(epoch: number): number | undefined {
    return this.#world.chance.happens(0.7) ? epoch : undefined
  }
}
