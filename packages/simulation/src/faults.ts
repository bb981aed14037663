/**
 * What goes wrong in a history. Each seed draws its own few kinds and how often (swarm testing: histories with everything
 * wrong at once hide what only some things together bring out).
 * Shares are of effects: of single calls on DynamoDB, on the API server, on Lambda, or of single HTTP requests.
 */
import type { Chance } from './seeded-random.ts'

export interface CallFaults {
  /** Refused: a throttle, or 429. Nothing was done. */
  readonly busy: number
  /** The connection broke before the call arrived. */
  readonly lost: number
  /** It was done, and the answer is lost, or says 500. */
  readonly answerLost: number
  /** No answer in time; it may be done, now or later. */
  readonly hang: number
}

export interface Faults {
  /** A Lambda dies just before, or just after, what it awaits takes effect. */
  readonly crashBefore: number
  readonly crashAfter: number
  /** The share of awaits that take long, and how long at most. */
  readonly slow: number
  readonly slowMs: number
  readonly dynamo: CallFaults
  readonly kube: CallFaults
  readonly invoke: { readonly lost: number; readonly twice: number; readonly lateMs: number }
  readonly http: { readonly lost: number; readonly answerLost: number; readonly twice: number }
  readonly indexLagMs: number
  readonly staleMs: number
  readonly unprocessed: number
  /** Wall clocks differ by up to this much either way. */
  readonly skewMs: number
  /** Of starts: slow beyond the start budget; dying at once. */
  readonly slowStart: number
  readonly crashAtStart: number
  /** How often something happens to the cluster from outside, ms between. */
  readonly outsideEveryMs: number
}

const NONE: CallFaults = { busy: 0, lost: 0, answerLost: 0, hang: 0 }

/** Nothing goes wrong; calls still take their time. */
export const CALM: Faults = {
  crashBefore: 0,
  crashAfter: 0,
  slow: 0,
  slowMs: 0,
  dynamo: NONE,
  kube: NONE,
  invoke: { lost: 0, twice: 0, lateMs: 0 },
  http: { lost: 0, answerLost: 0, twice: 0 },
  indexLagMs: 50,
  staleMs: 0,
  unprocessed: 0,
  skewMs: 0,
  slowStart: 0,
  crashAtStart: 0,
  outsideEveryMs: Number.POSITIVE_INFINITY,
}

const SHARES = [0.002, 0.01, 0.03] as const

/** The faults of one history. */
export function drawFaults(chance: Chance): Faults {
  const some = (): number => (chance.happens(0.35) ? chance.pick(SHARES) : 0)
  const calls = (): CallFaults =>
    chance.happens(0.55) ? { busy: some(), lost: some(), answerLost: some(), hang: some() } : NONE
  const now = (share: number, values: readonly number[]): number =>
    chance.happens(share) ? chance.pick(values) : 0
  return {
    crashBefore: some(),
    crashAfter: some(),
    slow: chance.pick([0, 0.01, 0.05, 0.2]),
    slowMs: chance.pick([50, 500, 5_000, 9_000]),
    dynamo: calls(),
    kube: calls(),
    invoke: {
      lost: now(0.4, [0.1, 0.5, 1]),
      twice: now(0.3, [0.1, 0.5]),
      lateMs: now(0.4, [500, 5_000, 90_000]),
    },
    http: {
      lost: now(0.3, [0.02, 0.1]),
      answerLost: now(0.4, [0.02, 0.1]),
      twice: now(0.4, [0.05, 0.3]),
    },
    indexLagMs: chance.pick([0, 200, 5_000, 60_000]),
    staleMs: chance.pick([0, 100, 5_000]),
    unprocessed: now(0.3, [0.2]),
    skewMs: now(0.4, [100, 1_000]),
    slowStart: now(0.25, [0.1, 0.5]),
    crashAtStart: now(0.25, [0.05, 0.3]),
    outsideEveryMs: chance.pick([Number.POSITIVE_INFINITY, 90_000, 30_000, 8_000]),
  }
}
