/**
 * The injected faults of a history. Each seed draws a few kinds and their frequency (swarm testing). A history with all
 * kinds at once would hide the bugs that need only some of them.
 * A share is the probability per call to DynamoDB, the API server or Lambda, or per HTTP request: 0 to 1.
 */
import type { Chance } from './seeded-random.ts'

export interface CallFaults {
  /** The call is refused without effect: a throttle, or 429. */
  readonly busy: number
  /** The connection breaks before the call arrives. */
  readonly lost: number
  /** The call takes effect, but its response is lost or is a 500. */
  readonly responseLost: number
  /** No response arrives in time. The call may take effect, now or later. */
  readonly hang: number
}

/**
 * What a visitor's network does to WebSockets, while it lets HTTP through. `refusing`: it refuses the upgrade. `cutting`: it
 * cuts each socket after a random time. `swallowing`: the socket opens, and no frame arrives.
 */
export const SPOILING_NETWORKS = ['refusing', 'cutting', 'swallowing'] as const
export type Network = 'open' | (typeof SPOILING_NETWORKS)[number]

export interface Faults {
  /** A Lambda crashes just before, or just after, its awaited call takes effect. */
  readonly crashBefore: number
  readonly crashAfter: number
  /** The share of slow calls, and the longest duration of one leg, ms. */
  readonly slow: number
  readonly slowMs: number
  readonly dynamo: CallFaults
  readonly kube: CallFaults
  /** Handshakes through the gateway. */
  readonly gateway: CallFaults
  /** The share of pods that the network hides from the gateway although they are Ready. */
  readonly hiddenPods: number
  readonly invoke: { readonly lost: number; readonly twice: number; readonly lateMs: number }
  readonly http: { readonly lost: number; readonly responseLost: number; readonly twice: number }
  readonly indexLagMs: number
  readonly staleMs: number
  readonly unprocessed: number
  /** The share of lists that the API server splits into pages of two objects. Some of them expire before the last page. */
  readonly smallPages: number
  /** The largest skew of a wall clock, in either direction, ms. It holds for the Lambdas, the API server and the nodes. */
  readonly skewMs: number
  /** The share of Lambda calls during which the process's wall clock steps to another skew, as NTP does it. */
  readonly clockSteps: number
  /** The share of visitors with a browser whose clock is wrong by hours or years. */
  readonly wrongBrowserClocks: number
  /** The share of HTTP answers without a Date header, with a malformed one, or with the one of a cache. */
  readonly oddDates: number
  /** The share of objects of the API server with a time that is null or unreadable. */
  readonly oddTimes: number
  /** The shares of pod starts that exceed the start budget, and that crash at once. */
  readonly slowStart: number
  readonly crashAtStart: number
  /** The share of visitors whose network spoils WebSockets: {@link SPOILING_NETWORKS}. */
  readonly spoiledNetworks: number
  /** The mean interval between external events, ms. */
  readonly externalEventEveryMs: number
}

const NONE: CallFaults = { busy: 0, lost: 0, responseLost: 0, hang: 0 }

/** No faults. Calls still take a few ms. */
export const CALM: Faults = {
  crashBefore: 0,
  crashAfter: 0,
  slow: 0,
  slowMs: 0,
  dynamo: NONE,
  kube: NONE,
  gateway: NONE,
  hiddenPods: 0,
  invoke: { lost: 0, twice: 0, lateMs: 0 },
  http: { lost: 0, responseLost: 0, twice: 0 },
  indexLagMs: 50,
  staleMs: 0,
  unprocessed: 0,
  smallPages: 0,
  skewMs: 0,
  clockSteps: 0,
  wrongBrowserClocks: 0,
  oddDates: 0,
  oddTimes: 0,
  slowStart: 0,
  crashAtStart: 0,
  spoiledNetworks: 0,
  externalEventEveryMs: Number.POSITIVE_INFINITY,
}

const SHARES = [0.002, 0.01, 0.03] as const

/** Draws the faults of one history. */
export function drawFaults(chance: Chance): Faults {
  const some = (): number => (chance.happens(0.35) ? chance.pick(SHARES) : 0)
  const calls = (): CallFaults =>
    chance.happens(0.55) ? { busy: some(), lost: some(), responseLost: some(), hang: some() } : NONE
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
      responseLost: now(0.4, [0.02, 0.1]),
      twice: now(0.4, [0.05, 0.3]),
    },
    indexLagMs: chance.pick([0, 200, 5_000, 60_000]),
    staleMs: chance.pick([0, 100, 5_000]),
    unprocessed: now(0.3, [0.2]),
    smallPages: now(0.3, [0.2, 1]),
    skewMs: now(0.5, [100, 1_000, 5_000]),
    clockSteps: now(0.6, [0.1, 0.5]),
    wrongBrowserClocks: now(0.4, [0.3, 1]),
    oddDates: now(0.4, [0.1, 0.5]),
    oddTimes: now(0.4, [0.02, 0.2]),
    slowStart: now(0.25, [0.1, 0.5]),
    crashAtStart: now(0.25, [0.05, 0.3]),
    externalEventEveryMs: chance.pick([Number.POSITIVE_INFINITY, 90_000, 30_000, 8_000]),
    gateway: calls(),
    hiddenPods: now(0.2, [0.1, 0.5]),
    spoiledNetworks: now(0.4, [0.2, 0.6]),
  }
}
