/** The counts behind a pod's metrics. A pod counts always, because an addition costs nanoseconds. */
import type { Socket } from 'node:net'
import type { HistogramReading } from '@warm-pods/core/open-metrics.ts'
import { POD_METRICS } from '@warm-pods/core/pod-metrics.ts'
import type { RefusalWhy } from '../token-check.ts'

export class Histogram implements HistogramReading {
  readonly #bounds: readonly number[]
  readonly counts: number[]
  sum = 0

  /** @param bounds upper bounds of the buckets, seconds, ascending. */
  constructor({ buckets }: { readonly buckets: readonly number[] }) {
    this.#bounds = buckets
    this.counts = new Array(buckets.length + 1).fill(0)
  }

  measure(seconds: number): void {
    let bucket = 0
    while (bucket < this.#bounds.length && seconds > (this.#bounds[bucket] ?? 0)) bucket += 1
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += seconds
  }
}

type Bytes = Pick<Socket, 'bytesRead' | 'bytesWritten'>

/** Counts of the events on the sockets of one pod since its start. */
export class PodCounts {
  readonly #open = new Set<Bytes>()
  readonly #bytes = { received: 0, sent: 0 }
  readonly messages = { received: 0, sent: 0 }
  /** By WebSocket close code. */
  readonly closes = new Map<number, number>()
  readonly refusals = new Map<RefusalWhy, number>()
  readonly held = new Histogram(POD_METRICS.warm_pods_message_held_seconds)
  readonly heartbeat = new Histogram(POD_METRICS.warm_pods_heartbeat_round_trip_seconds)
  readonly loopDelay = new Histogram(POD_METRICS.nodejs_eventloop_delay_seconds)

  /** The pod serves a socket. @param connection its TCP connection. */
  opened(connection: Bytes): void {
    this.#open.add(connection)
  }

  /** A served socket closed. */
  closed(connection: Bytes, code: number): void {
    this.#open.delete(connection)
    this.#bytes.received += connection.bytesRead
    this.#bytes.sent += connection.bytesWritten
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1)
  }

  refused(why: RefusalWhy): void {
    this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1)
  }

  get socketsOpen(): number {
    return this.#open.size
  }

  /** Bytes on the connections of all served sockets, open and closed. */
  get bytes(): { received: number; sent: number } {
    const { received, sent } = this.#bytes
    const open = [...this.#open]
    return {
      received: open.reduce((sum, { bytesRead }) => sum + bytesRead, received),
      sent: open.reduce((sum, { bytesWritten }) => sum + bytesWritten, sent),
    }
  }
}
