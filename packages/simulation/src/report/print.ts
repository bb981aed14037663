/** Prints a history in short form: the lines about a violation, and the faults in between. */
import type { Outcome } from '../history.ts'
import { nameOfRule } from '../invariants/violations.ts'
import type { Line } from '../world.ts'

const SHOWN = 80

/** Returns the lines of a report. `all` includes every line of the history. */
export function formatOutcome(
  { seed, violation, history, names, virtualMs }: Outcome,
  all = false,
): string[] {
  const about = violation?.about ?? []
  const shown = all || !violation ? history : relevant(history, about)
  const visible = shown.length > SHOWN && !all ? shown.slice(-SHOWN) : shown
  return [
    `seed ${seed}, ${seconds(virtualMs)} of virtual time, ${history.length} events, ${visible.length} of them shown:`,
    ...visible.map(({ atMs, text }) => `${seconds(atMs).padStart(10)}  ${names.readable(text)}`),
    ...(violation
      ? [`VIOLATION of ${nameOfRule(violation.invariant)}: ${names.readable(violation.what)}`]
      : ['no violation']),
  ]
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`
}

/**
 * Selects the lines to show. They name a subject of the violation or a Job from such a line, or they report an external
 * event. Faults are included if their process wrote such a line.
 */
function relevant(history: readonly Line[], about: readonly string[]): Line[] {
  const names = about.filter((name) => name !== '')
  const direct = history.filter(({ text }) => names.some((name) => text.includes(name)))
  const found = (pattern: RegExp) => new Set(direct.flatMap(({ text }) => text.match(pattern) ?? []))
  const jobs = found(/\b(?:warm-\d+-\d+|cold-[0-9a-f]{8}-\d+)-\w+/g)
  const processes = found(/^(?:api|refill)-\d+/)
  const isFault = (text: string): boolean =>
    / CRASHES | is killed|hangs|response is lost/.test(text) &&
    processes.has(/^\w+-\d+/.exec(text)?.[0] ?? '')
  return history.filter(
    ({ text }) =>
      text.startsWith('from ') || isFault(text) || [...names, ...jobs].some((name) => text.includes(name)),
  )
}
