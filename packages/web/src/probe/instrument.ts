import { LIMITS } from '@warm-pods/core/limits.ts'
import { percentile } from '@warm-pods/core/percentile.ts'
import { CLOSE, formatPing, type Hello, parsePodMessage, parsePong } from '@warm-pods/core/socket.ts'
import { betterMedian, HEALTH_WINDOW_MS, slowness } from './health.ts'
import { type Frame, type Gap, type Point, type Report, type Target, WINDOW_MS } from './protocol.ts'
import { type Sample, Samples } from './samples.ts'
import { slotsDue } from './schedule.ts'
import { statistics } from './statistics.ts'

export interface SocketHandlers {
  open(): void
  message(text: string): void
  close(code: number): void
}
/** The part of a WebSocket that the instrument uses. */
export interface Wire {
  readonly bufferedAmount: number
  send(text: string): void
  close(code: number): void
}
export interface InstrumentDeps {
  /** Monotonic ms. */
  now(): number
  open(target: Target, handlers: SocketHandlers): Wire
  report(report: Report): void
}

interface Connection {
  readonly id: number
  readonly pod: number
  readonly wire: Wire
  readonly connectMs: number
  opened: boolean
  ponged: boolean
  missedInARow: number
  bestP50Ms: number | undefined
  hello?: Hello
}

/** A wake-up that comes later than this means a sleeping tab, not an imprecise timer. */
const STALL_MS = 1_000

/**
 * The measuring instrument: one socket, a fixed schedule, deadlines and statistics. It has no timer and uses no global, so
 * tests drive it with their own clock: call {@link Instrument.wake} at {@link Instrument.nextWakeMs}.
 */
export class Instrument {
  readonly #deps: InstrumentDeps
  readonly #samples = new Samples()
  #connection: Connection | undefined
  #nextDueMs: number | undefined
  #seq = 0
  #pod = 0
  /** The first ping on the newest socket that opened. Its pod is not responsible for earlier pings. */
  #firstSeq = 0
  #lastPong: { readonly atMs: number; readonly seq: number } | undefined
  #gaps: Gap[] = []

  constructor(deps: InstrumentDeps) {
    this.#deps = deps
  }

  /** Closes the present socket and opens another. `id` returns in every report about the new one. */
  connect(id: number, target: Target): void {
    this.wake()
    this.#close()
    // A socket that fails at once reports that in a later event, after this assignment.
    const wire = this.#deps.open(target, {
      open: () => this.#onOpen(id),
      message: (text) => this.#onMessage(id, text),
      close: (code) => this.#onClose(id, code),
    })
    this.#connection = {
      id,
      pod: target.pod,
      wire,
      connectMs: this.#deps.now(),
      opened: false,
      ponged: false,
      missedInARow: 0,
      bestP50Ms: undefined,
    }
  }

  /** Closes the socket if it is still that of `id`. The schedule goes on, and its slots count as down: an outage begins. */
  drop(id: number): void {
    if (this.#connection?.id !== id) return
    if (this.#connection.ponged) this.#openGap()
    this.#close()
  }

  /** Closes the socket and stops the schedule: the time that follows is not an outage. */
  rest(): void {
    this.#close()
    this.#nextDueMs = undefined
    // Without a slot that was due meanwhile there was no outage: the page dropped the socket a moment ago, to rest.
    this.#gaps = this.#gaps.filter(
      ({ fromMs, toMs }) =>
        toMs !== null || this.#samples.since(fromMs).some(({ state }) => state === 'down'),
    )
    this.#lastPong = undefined
    this.#gaps = this.#gaps.map((gap) => ({ ...gap, toMs: gap.toMs ?? this.#deps.now() }))
  }

  die(how: 'crash' | 'freeze'): void {
    this.#connection?.wire.send(`die,${how}`)
  }

  /** Returns when to call {@link wake} next, ms; undefined: never. */
  nextWakeMs(): number | undefined {
    const opening =
      this.#connection && !this.#connection.ponged
        ? this.#connection.connectMs + LIMITS.openDeadlineMs
        : undefined
    if (opening === undefined || this.#nextDueMs === undefined) return opening ?? this.#nextDueMs
    return Math.min(opening, this.#nextDueMs)
  }

  /** Handles everything that is due: deadlines, slots of a sleeping browser, the ping of this slot. */
  wake(): void {
    const now = this.#deps.now()
    if (
      this.#connection &&
      !this.#connection.ponged &&
      now - this.#connection.connectMs >= LIMITS.openDeadlineMs
    )
      this.#giveUpOpening(now)
    if (this.#nextDueMs === undefined) return
    const due = slotsDue(this.#nextDueMs, now, LIMITS.pingMs)
    this.#nextDueMs = due.nextDueMs
    if (due.current === undefined) return
    if (due.slept.length > 0) this.#sleptThrough(due.slept)
    this.#judge(now)
    const lateness = due.latenessMs !== undefined && due.latenessMs < STALL_MS ? due.latenessMs : null
    this.#ping(due.current, lateness, now)
  }

  /** Returns the samples of the last 75 s, oldest first. */
  samples(): Sample[] {
    return this.#samples.all()
  }

  /** Returns the statistics and points of the last 60 s. */
  frame(): Frame {
    const now = this.#deps.now()
    const samples = this.#samples.since(now - WINDOW_MS)
    const connection = this.#connection
    const own = samples.filter((sample) => sample.seq >= this.#firstSeq)
    const recent = own.filter((sample) => sample.dueMs >= now - HEALTH_WINDOW_MS)
    const numbers = statistics(samples, now, own)
    if (connection) connection.bestP50Ms = betterMedian(recent, connection.bestP50Ms)
    this.#gaps = this.#gaps.filter((gap) => gap.toMs === null || gap.toMs >= now - WINDOW_MS)
    return {
      atMs: now,
      points: samples.map(pointOf),
      gaps: this.#gaps,
      statistics: numbers,
      slow: connection?.ponged ? slowness(recent, connection.bestP50Ms, numbers.unanswered.value) : undefined,
      ...(connection?.hello && { hello: connection.hello }),
    }
  }

  #onOpen(id: number): void {
    const connection = this.#connection
    if (connection?.id !== id) return
    this.wake()
    connection.opened = true
    this.#pod = connection.pod
    this.#firstSeq = this.#seq
    const now = this.#deps.now()
    this.#deps.report({ type: 'open', connection: id, startedMs: connection.connectMs, atMs: now })
    // The grid starts anew here, so that the first ping does not wait for the next slot.
    this.#nextDueMs = now + LIMITS.pingMs
    this.#ping(now, 0, now)
  }

  #onMessage(id: number, text: string): void {
    const connection = this.#connection
    if (connection?.id !== id) return
    const now = this.#deps.now()
    // After a sleep the message may be handled before the timer. Waking first marks the slots of the sleep.
    if (this.#nextDueMs !== undefined && now - this.#nextDueMs > LIMITS.pingMs) this.wake()
    const pong = parsePong(text)
    if (pong) {
      this.#onPong(connection, pong.seq, pong.heldUs, now)
      return
    }
    const message = parsePodMessage(text)
    if (message?.type === 'hello') connection.hello = message
    else if (message?.type === 'terminating') this.#dead(connection, now, 'terminating', undefined)
  }

  #onPong(connection: Connection, seq: number, heldUs: number, now: number): void {
    const sample = this.#samples.find(seq)
    connection.missedInARow = 0
    if (!sample || sample.pod !== connection.pod || sample.sentMs === null || sample.rttMs !== null) return
    if (sample.state === 'waiting' || sample.state === 'missed') {
      sample.state = sample.state === 'waiting' ? 'answered' : 'late'
      sample.heldMs = heldUs / 1_000
      sample.rttMs = Math.max(0, now - sample.sentMs - sample.heldMs)
      sample.answeredMs = now
    }
    if (!connection.ponged) this.#firstPong(connection, now)
    this.#lastPong = { atMs: now, seq }
  }

  #firstPong(connection: Connection, now: number): void {
    connection.ponged = true
    const last = this.#lastPong
    const lost = last
      ? this.#samples
          .all()
          .filter(({ seq, state }) => seq > last.seq && (state === 'missed' || state === 'down')).length
      : 0
    this.#gaps = this.#gaps.map((gap) => ({ ...gap, toMs: gap.toMs ?? now }))
    this.#deps.report({
      type: 'pong',
      connection: connection.id,
      atMs: now,
      downMs: last && now - last.atMs,
      lost,
    })
  }

  #onClose(id: number, code: number): void {
    const connection = this.#connection
    if (connection?.id !== id) return
    const now = this.#deps.now()
    if (connection.ponged) this.#dead(connection, now, 'closed', code)
    else {
      this.#close()
      this.#deps.report({ type: 'unopened', connection: id, atMs: now, code })
    }
  }

  #giveUpOpening(now: number): void {
    const connection = this.#connection
    if (!connection) return
    this.#close()
    this.#deps.report({ type: 'unopened', connection: connection.id, atMs: now, code: undefined })
  }

  #dead(
    connection: Connection,
    now: number,
    by: 'terminating' | 'closed' | 'deadline',
    code: number | undefined,
  ): void {
    this.#openGap()
    this.#close()
    this.#deps.report({ type: 'dead', connection: connection.id, atMs: now, by, code })
  }

  #openGap(): void {
    // A new array, because a frame keeps the one before.
    this.#gaps = [...this.#gaps, { fromMs: this.#lastPong?.atMs ?? this.#deps.now(), toMs: null }]
  }

  /** Forgets the connection first, so that later events of its socket are ignored. */
  #close(): void {
    const connection = this.#connection
    this.#connection = undefined
    if (!connection) return
    for (const sample of this.#samples.all()) if (sample.state === 'waiting') sample.state = 'missed'
    connection.wire.close(CLOSE.normal.code)
  }

  #judge(now: number): void {
    const connection = this.#connection
    if (!connection) return
    const deadlineMs = this.#deadlineMs(now)
    for (const sample of this.#samples.all()) {
      if (sample.state !== 'waiting' || sample.sentMs === null || now - sample.sentMs <= deadlineMs) continue
      sample.state = 'missed'
      connection.missedInARow++
    }
    if (connection.ponged && connection.missedInARow >= LIMITS.deadAfterPings)
      this.#dead(connection, now, 'deadline', undefined)
  }

  #deadlineMs(now: number): number {
    const rtts = this.#samples.since(now - WINDOW_MS).flatMap(({ rttMs }) => (rttMs === null ? [] : [rttMs]))
    return Math.max(LIMITS.pingDeadlineMs, 4 * (percentile(rtts, 0.95) ?? 0))
  }

  #sleptThrough(slots: readonly number[]): void {
    // Their pongs waited for the browser, so they show neither a round trip nor a loss.
    for (const sample of this.#samples.all()) if (sample.state === 'waiting') sample.state = 'asleep'
    for (const dueMs of slots) this.#record(dueMs, null, 'asleep')
  }

  #ping(dueMs: number, latenessMs: number | null, now: number): void {
    const connection = this.#connection
    // Pings are never queued: a ping that cannot leave at once counts as unanswered, not as late.
    const canSend = connection?.opened === true && connection.wire.bufferedAmount === 0
    const sample = this.#record(dueMs, latenessMs, canSend ? 'waiting' : 'down')
    if (!canSend) return
    sample.sentMs = now
    connection.wire.send(formatPing(sample.seq))
  }

  #record(dueMs: number, latenessMs: number | null, state: Sample['state']): Sample {
    const sample: Sample = {
      seq: this.#seq++,
      pod: this.#pod,
      dueMs,
      sentMs: null,
      answeredMs: null,
      rttMs: null,
      heldMs: null,
      latenessMs,
      state,
    }
    this.#samples.push(sample)
    return sample
  }
}

function pointOf(sample: Sample): Point {
  const { dueMs, rttMs, pod, state } = sample
  if (state === 'waiting' || state === 'asleep') return { dueMs, rttMs: null, pod, state }
  return { dueMs, rttMs, pod, state: rttMs === null ? 'unanswered' : 'answered' }
}
