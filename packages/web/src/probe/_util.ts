import { Instrument, type SocketHandlers } from './instrument.ts'
import type { Report, Target } from './protocol.ts'
import type { Sample } from './samples.ts'

/** Returns a sample with default values; `rttMs` alone makes it answered. */
export function sample(part: Partial<Sample> & { seq: number }): Sample {
  const rttMs = part.rttMs ?? null
  const dueMs = part.dueMs ?? part.seq * 250
  return {
    pod: 1,
    dueMs,
    sentMs: dueMs,
    rttMs,
    answeredMs: rttMs === null ? null : dueMs + rttMs,
    heldMs: rttMs === null ? null : 0,
    latenessMs: 0,
    state: rttMs === null ? 'missed' : 'answered',
    ...part,
  }
}

/** Returns answered samples with these round trips (ms), in this order. */
export function answered(...rtts: number[]): Sample[] {
  return rtts.map((rttMs, seq) => sample({ seq, rttMs }))
}

/** An instrument with a pod at its other end, which answers each ping after `rttMs` while `answering` is true. */
export class Bench {
  nowMs = 1_000_000
  rttMs = 40
  heldUs = 0
  answering = true
  bufferedAmount = 0
  readonly sent: string[] = []
  readonly closed: number[] = []
  readonly reports: Report[] = []
  readonly instrument: Instrument
  handlers: SocketHandlers | undefined
  #pongs: { atMs: number; text: string; to: SocketHandlers }[] = []

  constructor() {
    this.instrument = new Instrument({
      now: () => this.nowMs,
      report: (report) => this.reports.push(report),
      open: (_: Target, handlers) => {
        this.handlers = handlers
        const bench = this
        return {
          get bufferedAmount() {
            return bench.bufferedAmount
          },
          send: (text) => this.#onSend(text, handlers),
          close: (code) => this.closed.push(code),
        }
      },
    })
  }

  #onSend(text: string, to: SocketHandlers): void {
    this.sent.push(text)
    if (!this.answering || !text.startsWith('p,')) return
    this.#pongs.push({ atMs: this.nowMs + this.rttMs, text: `${text},${this.heldUs}`, to })
  }

  /** Connects and opens at once. */
  connect(connection = 1, pod = 1): void {
    this.instrument.connect(connection, { url: 'ws://pod', protocols: [], pod })
    this.handlers?.open()
  }

  /** Lets time pass in an awake browser: every timer and every message comes at its moment. */
  run(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const pong = this.#pongs.toSorted((a, b) => a.atMs - b.atMs)[0]
      const wakeMs = this.instrument.nextWakeMs() ?? Number.POSITIVE_INFINITY
      const nextMs = Math.min(wakeMs, pong?.atMs ?? Number.POSITIVE_INFINITY)
      if (nextMs > untilMs) break
      this.nowMs = nextMs
      if (pong && pong.atMs <= wakeMs) {
        this.#pongs = this.#pongs.filter((other) => other !== pong)
        pong.to.message(pong.text)
      } else this.instrument.wake()
    }
    this.nowMs = untilMs
  }

  /** Lets time pass in a sleeping browser: no timer runs, and every message waits. */
  sleep(ms: number): void {
    this.nowMs += ms
  }

  types(): string[] {
    return this.reports.map(({ type }) => type)
  }
}
