/**
 * One slot of the ping schedule. Its life only goes forward: waiting → answered | missed → late.
 * `down`: due while no pod could be asked. `asleep`: the browser was not awake to measure it.
 */
export interface Sample {
  readonly seq: number
  /** The epoch of the pod that was asked, or of the last one when none could be. */
  readonly pod: number
  readonly dueMs: number
  sentMs: number | null
  answeredMs: number | null
  /** Round trip less the time the pod held the ping, ms. */
  rttMs: number | null
  /** How long the pod says it held the ping, ms. */
  heldMs: number | null
  /** woke − due, the instrument's own error in this slot, ms. */
  latenessMs: number | null
  state: 'waiting' | 'answered' | 'missed' | 'late' | 'down' | 'asleep'
}

/** 60 s of slots, and 15 s more for pings still in flight when they leave the window. */
export const CAPACITY = 300

/** A ring of the last {@link CAPACITY} samples; memory stays flat however long the page is open. */
export class Samples {
  #ring: Sample[] = []
  #first = 0

  push(sample: Sample): void {
    if (this.#ring.length < CAPACITY) this.#ring.push(sample)
    else {
      this.#ring[this.#first] = sample
      this.#first = (this.#first + 1) % CAPACITY
    }
  }

  /** Oldest first. */
  all(): Sample[] {
    return [...this.#ring.slice(this.#first), ...this.#ring.slice(0, this.#first)]
  }

  /** Oldest first, those due at `sinceMs` or later. */
  since(sinceMs: number): Sample[] {
    return this.all().filter((sample) => sample.dueMs >= sinceMs)
  }

  find(seq: number): Sample | undefined {
    return this.#ring.find((sample) => sample.seq === seq)
  }
}
