/**
 * One slot of the ping schedule. Its state only goes forward: waiting → answered | missed → late.
 * `down`: due while no socket was open. `asleep`: the browser slept and could not measure it.
 */
export interface Sample {
  readonly seq: number
  /** The epoch of the pinged pod, or of the last pod while no socket was open. */
  readonly pod: number
  readonly dueMs: number
  sentMs: number | null
  answeredMs: number | null
  /** Round trip minus the time that the pod held the ping, ms. */
  rttMs: number | null
  /** How long the pod held the ping by its own report, ms. */
  heldMs: number | null
  /** Wake-up minus due time, ms: the instrument's own error in this slot. */
  latenessMs: number | null
  state: 'waiting' | 'answered' | 'missed' | 'late' | 'down' | 'asleep'
}

/** Slots of 60 s, and of 15 s more for pings that are in flight when they leave the window. */
const CAPACITY = 300

/** A ring of the last {@link CAPACITY} samples, so memory stays flat while the page is open. */
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

  /** Returns all samples, oldest first. */
  all(): Sample[] {
    return [...this.#ring.slice(this.#first), ...this.#ring.slice(0, this.#first)]
  }

  /** Returns the samples that were due at `sinceMs` or later, oldest first. */
  since(sinceMs: number): Sample[] {
    return this.all().filter((sample) => sample.dueMs >= sinceMs)
  }

  find(seq: number): Sample | undefined {
    return this.#ring.find((sample) => sample.seq === seq)
  }
}
