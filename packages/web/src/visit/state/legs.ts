import type { Outage } from './phase.ts'

/** One leg of a recovery, ms. `backoff` and `start` replace `claimed` when a pod had to be started. */
export interface Leg {
  readonly name: 'told' | 'claimed' | 'asked' | 'healed' | 'backoff' | 'start' | 'connected' | 'pong'
  readonly ms: number
}

/**
 * Returns the legs from the click (or the noticed death) to the first pong of the next pod. They add up to the whole
 * exactly, because each begins where the one before it ended. Two threads report the times, so a time may come out of
 * order; its leg is then 0.
 */
export function legsOf(outage: Outage, pongMs: number): Leg[] {
  const ends: [Leg['name'], number | undefined][] = [
    ['told', noticedLater(outage) ? outage.toldMs : undefined],
    ['backoff', outage.switchedMs],
    [outage.recover === 'heal' ? 'backoff' : 'asked', outage.createdMs],
    [foundBy(outage), outage.claimedMs],
    ['connected', outage.connectedMs],
    ['pong', pongMs],
  ]
  let fromMs = outage.atMs
  const untilMs = Math.max(pongMs, fromMs)
  const legs: Leg[] = []
  for (const [name, end] of ends) {
    if (end === undefined) continue
    const toMs = Math.min(Math.max(end, fromMs), untilMs)
    legs.push({ name, ms: toMs - fromMs })
    fromMs = toMs
  }
  return legs
}

/** Whether time passed before the page knew of the death: from the click, or from the cut of a socket to the API's answer. */
function noticedLater({ cause, toldMs, atMs }: Outage): boolean {
  return cause === 'click' || (toldMs !== undefined && toldMs > atMs)
}

/** Names the leg that ends with an address. A heal is one leg when the page never saw its pod before it was ready. */
function foundBy({ createdMs, recover }: Outage): Leg['name'] {
  if (createdMs !== undefined) return 'start'
  return recover === 'heal' ? 'healed' : 'claimed'
}

/**
 * Rounds parts to multiples of `unit` so that they add up to the rounded whole (largest remainder method). Otherwise the
 * printed legs of a receipt could miss their printed sum by one.
 */
export function apportion(parts: readonly number[], unit: number): number[] {
  const exact = parts.map((part) => part / unit)
  const floors = exact.map(Math.floor)
  let missing = Math.round(exact.reduce((a, b) => a + b, 0)) - floors.reduce((a, b) => a + b, 0)
  const byRemainder = exact
    .map((value, i) => ({ i, rest: value - Math.floor(value) }))
    .toSorted((a, b) => b.rest - a.rest)
  const rounded = [...floors]
  for (const { i } of byRemainder) {
    if (missing-- <= 0) break
    rounded[i] = (rounded[i] ?? 0) + 1
  }
  return rounded.map((value) => value * unit)
}
