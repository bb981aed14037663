/** A failing history, short enough to be read: what has to do with the breach, and what went wrong in between. */
import type { Outcome } from '../history.ts'
import type { Line } from '../world.ts'

const SHOWN = 80

/** Lines for people; `all` leaves nothing out. */
export function printed({ seed, breach, history, names, virtualMs }: Outcome, all = false): string[] {
  const about = breach?.about ?? []
  const shown = all || !breach ? history : relevant(history, about)
  const left = shown.length > SHOWN && !all ? shown.slice(-SHOWN) : shown
  return [
    `seed ${seed}, ${seconds(virtualMs)} of virtual time, ${history.length} events, ${left.length} of them here:`,
    ...left.map(({ atMs, text }) => `${seconds(atMs).padStart(10)}  ${names.readable(text)}`),
    ...(breach ? [`BREACH of ${breach.invariant}: ${names.readable(breach.what)}`] : ['no breach']),
  ]
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`
}

/**
 * Lines that name what the breach is about, or a Job of which those speak; how calls of the processes that wrote them went
 * wrong; and what came from outside.
 */
function relevant(history: readonly Line[], about: readonly string[]): Line[] {
  const names = about.filter((name) => name !== '')
  const direct = history.filter(({ text }) => names.some((name) => text.includes(name)))
  const found = (pattern: RegExp) => new Set(direct.flatMap(({ text }) => text.match(pattern) ?? []))
  const jobs = found(/\b(?:warm-\d+-\d+|cold-[0-9a-f]{8}-\d+)-\w+/g)
  const processes = found(/^(?:api|refill)-\d+/)
  const isTrouble = (text: string): boolean =>
    / DIES | is killed|hangs|answer is lost/.test(text) && processes.has(/^\w+-\d+/.exec(text)?.[0] ?? '')
  return history.filter(
    ({ text }) =>
      text.startsWith('from ') || isTrouble(text) || [...names, ...jobs].some((name) => text.includes(name)),
  )
}
