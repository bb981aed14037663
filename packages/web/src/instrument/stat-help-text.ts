import { MEANS } from '../copy/chapters.ts'
import { NUMBERS } from '../copy/first-paint.ts'
import type { NumberName, Reading } from '../probe/statistics.ts'

/** Returns what a number means and, while it is blank, how many pings it needs. */
export function meaning(name: NumberName, reading: Reading | undefined): string {
  const { label } = NUMBERS[name]
  const mean = name === 'now' ? ` ${NUMBERS.mean.label}: ${MEANS.mean}` : ''
  const blank =
    reading && reading.value === undefined
      ? ` ${label} needs ${reading.needs} ${reading.needs === 1 ? 'ping' : 'pings'}, ${reading.has} so far.`
      : ''
  return `${label}: ${MEANS[name]}${mean}${blank}`
}
