import { PARTS } from '../copy/diagram.ts'
import { timeOfDay } from '../lib/format.ts'
import type { PartName } from './hops.ts'

/** The boxes in reading order, which is the order of {@link PARTS}. */
export const PART_NAMES = Object.keys(PARTS) as PartName[] // the keys of a record are its names

/** Prints the time of day to the millisecond: all steps of one kill fall into one second. @param sinceEpochMs since 1970. */
export function preciseTime(sinceEpochMs: number): string {
  return `${timeOfDay(sinceEpochMs)}.${String(Math.floor(sinceEpochMs) % 1_000).padStart(3, '0')}`
}
