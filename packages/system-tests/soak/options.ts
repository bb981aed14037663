import { parseArgs } from 'node:util'

export interface SoakOptions {
  /** How long the load runs; the start before it and the settling after it come on top. */
  readonly minutes: number
  readonly seed: number
  /** Visitors at the same time. */
  readonly visitors: number
  /** Instead of that: visitors who come each minute, whatever became of those before. */
  readonly perMinute: number | undefined
  /** Between two kills, on average; 0 kills nobody. */
  readonly killEveryMs: number
  readonly port: number
  /** Limits in which this run differs, as a stage's LIMITS. */
  readonly limits: Readonly<Record<string, number>>
}

export const HELP = `Kills what runs, at random and with SIGKILL, while visitors come and go; then looks at what is left.

  npm run soak                          five minutes, six visitors at a time, a kill every five seconds
  npm run soak -- --minutes 30          longer
  npm run soak -- --seed 7              the same victims in the same order
  npm run soak -- --visitors 12         more visitors at a time
  npm run soak -- --kill-every 0        kill nobody: does memory stay flat?
  npm run soak -- --per-minute 1000     so many come each minute, whether or not there is room
  npm run soak -- --limits '{"cap":40}' other limits than the table's
  npm run soak -- --port 4560           page, Kubernetes and DynamoDB there and on the next two

Exit code 0 when nothing was found, 1 when something was.
`

const FLAGS = {
  minutes: { type: 'string', default: '5' },
  seed: { type: 'string', default: '1' },
  visitors: { type: 'string', default: '6' },
  'per-minute': { type: 'string' },
  'kill-every': { type: 'string', default: '5' },
  port: { type: 'string', default: '4560' },
  limits: { type: 'string', default: '{}' },
  help: { type: 'boolean', default: false },
} as const

/** @returns the options, or the text to show instead. @throws TypeError for a flag that there is not. */
export function readOptions(args: readonly string[]): SoakOptions | string {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  if (values.help) return HELP
  const numbers = {
    minutes: Number(values.minutes),
    seed: Number(values.seed),
    visitors: Number(values.visitors),
    killEveryMs: 1_000 * Number(values['kill-every']),
    port: Number(values.port),
  }
  const perMinute = values['per-minute'] === undefined ? undefined : Number(values['per-minute'])
  const wrong = Object.entries({ ...numbers, perMinute: perMinute ?? 0 }).find(
    ([, value]) => !Number.isFinite(value) || value < 0,
  )
  if (wrong) return `Expected a number of 0 or more for ${wrong[0]}.\n\n${HELP}`
  return { ...numbers, perMinute, limits: JSON.parse(values.limits) }
}
