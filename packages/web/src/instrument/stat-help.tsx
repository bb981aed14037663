import type { NumberName, Reading } from '../probe/statistics.ts'
import { meaning } from './stat-help-text.ts'

/** The definition of the number whose tile is open. A chunk of its own, because the first paint does not need it. */
export default function StatHelp({ name, reading }: { name: NumberName; reading: Reading | undefined }) {
  return <span>{meaning(name, reading)}</span>
}
