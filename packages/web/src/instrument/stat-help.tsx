import type { NumberName, Reading } from '../probe/statistics.ts'
import { meaning } from './stat-help-text.ts'

/** What the number whose tile was opened means. A chunk of its own: nobody opens one before the first paint. */
export default function Means({ name, reading }: { name: NumberName; reading: Reading | undefined }) {
  return meaning(name, reading)
}
