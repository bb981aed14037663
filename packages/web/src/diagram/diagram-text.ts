import { BOXES } from '../copy/diagram.ts'
import { timeOfDay } from '../lib/format.ts'
import type { BoxName } from './flows.ts'

/** The boxes in reading order, which is the order of {@link BOXES}. */
export const BOX_NAMES = Object.keys(BOXES) as BoxName[] // the keys of a record are its names

/** Prints the time of day to the millisecond: all steps of one kill fall into one second. @param sinceEpochMs since 1970. */
export function preciseTime(sinceEpochMs: number): string {
  return `${timeOfDay(sinceEpochMs)}.${String(Math.floor(sinceEpochMs) % 1_000).padStart(3, '0')}`
}
