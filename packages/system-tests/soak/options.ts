import { type FlagValue, parseFlags } from '@warm-pods/local/cli/parse-flags.ts'

export interface SoakOptions {
  /** How long the load runs, minutes. The start and the wait for a quiet system are not included. */
  readonly minutes: number
  readonly seed: number
  /** Concurrent visitors. */
  readonly visitors: number
  /** Instead of {@link visitors}: new visitors per minute, independent of how many are still active. */
  readonly perMinute: number | undefined
  /** The average time between two kills, milliseconds. 0 disables kills. */
  readonly killEveryMs: number
  readonly port: number
  /** Instead of a soak: measure the memory of the database over this many calls of each kind. */
  readonly databaseCalls: number | undefined
  /** Only the kinds of calls whose name has one of these texts. Empty: all kinds. */
  readonly databaseKinds: readonly string[]
  /** Overrides of the limits table, as the LIMITS of a stage. */
  readonly limits: Readonly<Record<string, number>>
}

const HELP = `Runs the whole system under load, kills its processes at random with SIGKILL, and then checks its state.

  npm run soak                          5 minutes, 6 concurrent visitors, a kill every 5 seconds
  npm run soak -- --minutes 30          30 minutes of load
  npm run soak -- --seed 7              another sequence of kills
  npm run soak -- --visitors 12         12 concurrent visitors
  npm run soak -- --kill-every 0        no kills, to check that memory does not grow
  npm run soak -- --per-minute 1000     1,000 new visitors per minute, independent of free pods
  npm run soak -- --limits '{"cap":40}' override limits
  npm run soak -- --port 4560           the page on this port, Kubernetes and DynamoDB on the next two
  npm run soak -- --database-calls 100000   instead: the memory of the database over 100,000 calls of each kind
      --database-kinds PutItem,UpdateItem    only the kinds with one of these texts in their name

The exit code is 0 without findings, else 1.
`

const FLAGS = {
  minutes: { type: 'string', default: '5' },
  seed: { type: 'string', default: '1' },
  visitors: { type: 'string', default: '6' },
  'per-minute': { type: 'string' },
  'kill-every': { type: 'string', default: '5' },
  port: { type: 'string', default: '4560' },
  'database-calls': { type: 'string' },
  'database-kinds': { type: 'string', default: '' },
  limits: { type: 'string', default: '{}' },
  help: { type: 'boolean', default: false },
} as const

/** @returns the options, or a text to print instead: the help or an error. */
export function parseOptions(args: readonly string[]): SoakOptions | string {
  const parsed = parseFlags(args, FLAGS)
  if (!parsed.ok) return `${parsed.message}.\n\n${HELP}`
  const { values } = parsed
  if (values.help) return HELP
  const numbers = {
    minutes: numberOf(values.minutes),
    seed: numberOf(values.seed),
    visitors: numberOf(values.visitors),
    killEveryMs: 1_000 * numberOf(values['kill-every']),
    port: numberOf(values.port),
  }
  const perMinute = values['per-minute'] === undefined ? undefined : numberOf(values['per-minute'])
  const databaseCalls =
    values['database-calls'] === undefined ? undefined : numberOf(values['database-calls'])
  const optional = { perMinute: perMinute ?? 0, databaseCalls: databaseCalls ?? 0 }
  const invalid = Object.entries({ ...numbers, ...optional }).find(
    ([, value]) => !Number.isFinite(value) || value < 0,
  )
  if (invalid) return `Expected a number of 0 or more for ${invalid[0]}.\n\n${HELP}`
  const limits = limitsOf(values.limits)
  if (!limits) return `Expected --limits to be a JSON object, got ${values.limits}.\n\n${HELP}`
  const databaseKinds = String(values['database-kinds']).split(',').filter(Boolean)
  return { ...numbers, perMinute, databaseCalls, databaseKinds, limits }
}

/** @returns NaN for a flag without a value. */
function numberOf(value: FlagValue): number {
  return typeof value === 'string' && value !== '' ? Number(value) : Number.NaN
}

function limitsOf(value: FlagValue): Readonly<Record<string, number>> | undefined {
  try {
    const limits: unknown = JSON.parse(String(value))
    // `limitsWith` checks the values when the system starts.
    return typeof limits === 'object' && limits !== null ? (limits as Record<string, number>) : undefined
  } catch {
    return undefined
  }
}
