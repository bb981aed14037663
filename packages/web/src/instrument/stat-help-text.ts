import { MEANS, NEEDS } from '../copy/chapters.ts'
import { NUMBERS } from '../copy/first-paint.ts'
import type { NumberName, Reading } from '../probe/statistics.ts'

/** Returns what a number means and, while it is blank, how many pings it needs. */
export function meaning(name: NumberName, reading: Reading | undefined): string {
  const { label } = NUMBERS[name]
  const blank = reading && reading.value === undefined ? ` ${NEEDS(label, reading.needs, reading.has)}` : ''
  return `${label}: ${MEANS[name]}${blank}`
}
