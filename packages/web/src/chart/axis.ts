/** The top of the Y axis with hysteresis. */
export interface Axis {
  /** Returns the top for values up to `maxMs`, ms. */
  next(maxMs: number, nowMs: number): number
}

const CALM_MS = 5_000
const ROOM = 0.6

/** Creates an axis that grows at once and shrinks after 5 s below 60 % of its height. A jumping scale cannot be read. */
export function createAxis(): Axis {
  let top = 0
  let roomSinceMs: number | undefined
  return {
    next(maxMs, nowMs) {
      const fits = niceTop(maxMs)
      if (fits > top) {
        top = fits
        roomSinceMs = undefined
      } else if (maxMs >= top * ROOM || fits === top) roomSinceMs = undefined
      else {
        roomSinceMs ??= nowMs
        if (nowMs - roomSinceMs >= CALM_MS) {
          top = fits
          roomSinceMs = undefined
        }
      }
      return top
    },
  }
}

/** Returns the next of 1, 2, 4, 6, 10 times a power of ten with 15 % of air. Each of them divides into four even ticks. */
export function niceTop(maxMs: number): number {
  const wanted = Math.max(maxMs * 1.15, 2)
  const power = 10 ** Math.floor(Math.log10(wanted))
  const step = [1, 2, 4, 6, 10].find((candidate) => candidate * power >= wanted) ?? 10
  return step * power
}

/** Returns five ticks from 0 to the top. */
export function ticksTo(top: number): number[] {
  return [0, 0.25, 0.5, 0.75, 1].map((share) => share * top)
}
