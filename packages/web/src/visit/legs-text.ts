import { LEGS } from '../copy/first-paint.ts'
import { inMillis } from '../lib/format.ts'
import { apportion, type Leg } from './state/legs.ts'

/** Returns legs as printed: all in the unit in which `duration()` prints their total, and adding up to it. */
export function printLegs(legs: readonly Leg[]): { name: Leg['name']; ms: number; text: string }[] {
  const total = legs.reduce((sum, { ms }) => sum + ms, 0)
  const inMs = inMillis(total)
  const shares = apportion(
    legs.map(({ ms }) => ms),
    inMs ? 1 : 10,
  )
  return legs.map(({ name }, i) => {
    const ms = shares[i] ?? 0
    return { name, ms, text: legText(ms, inMs) }
  })
}

/** Prints a leg that this browser timed. @param ms rounded to the unit of print. @param inMs whether that is ms, or 0.01 s. */
export function legText(ms: number, inMs: boolean): string {
  if (inMs) return `${ms} ms`
  return ms === 0 ? 'under 0.01 s' : `${(ms / 1_000).toFixed(2)} s`
}

/** Returns the legs in one line: `told 30 ms · claimed 20 ms · …`. */
export function legsLine(legs: readonly Leg[]): string {
  return printLegs(legs)
    .map(({ name, text }) => `${LEGS[name]} ${text}`)
    .join(' · ')
}
