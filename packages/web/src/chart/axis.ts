import type { Statistics } from '../probe/statistics.ts'

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

/** A value above this multiple of p95 does not raise the axis. */
const SPIKE = 4

/**
 * Returns the value that the axis must reach, ms: the largest, but at most 4 × p95. One spike would otherwise flatten the
 * minute around it; it is marked with its value instead.
 */
export function boundMs({ maxMs = 0, p95 }: Pick<Statistics, 'maxMs' | 'p95'>): number {
  return p95.value === undefined ? maxMs : Math.min(maxMs, SPIKE * p95.value)
}

/** The spans of the X axis, s. A new visit has little to show, so its axis starts short. */
const SPANS = [15, 30, 60] as const

/** Returns the span of the X axis for points over this time, s. @param most the longest that the chart has room for. */
export function spanFor(coveredS: number, most: number): number {
  return Math.min(most, SPANS.find((span) => coveredS <= span) ?? most)
}

/** Returns five ticks from 0 to the top. */
export function ticksTo(top: number): number[] {
  return [0, 0.25, 0.5, 0.75, 1].map((share) => share * top)
}
