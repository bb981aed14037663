import { isIP } from 'node:net'
import { LIMITS, type Limits, limitsWith } from '@warm-pods/core/limits.ts'

/** A pod's configuration. The Job's template passes it in the environment. */
export interface PodConfig {
  /** The key of this pod's Job, 43 characters of base64url. A secret: never logged, never sent. */
  readonly key: string
  readonly name: string
  readonly uid: string
  /** The address to listen on. */
  readonly ip: string
  readonly port: number
  /** The port of `GET /metrics`; undefined opens none. */
  readonly metricsPort?: number
  readonly node: string
  /** Empty when the node has no zone. */
  readonly zone: string
  readonly image: string
  readonly limits: Limits
}

/** Every problem of the environment, so that one failed start is enough. It holds no values: one may be the key. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join(' '))
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_PORT = '8080'
const PRINTABLE = /^[\x21-\x7e]{1,256}$/

const EXPECTED = {
  POD_KEY: { form: (text: string) => /^[A-Za-z0-9_-]{43}$/.test(text), is: '43 characters of base64url' },
  POD_NAME: { form: (text: string) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text), is: 'a pod name' },
  POD_UID: {
    form: (text: string) => /^[A-Za-z0-9-]{1,64}$/.test(text),
    is: 'a UID of letters, digits and -',
  },
  POD_IP: { form: (text: string) => isIP(text) !== 0, is: 'an IP address' },
  POD_PORT: { form: isPort, is: 'a port, 0 to 65535' },
  METRICS_PORT: { form: (text: string) => text === '' || isPort(text), is: 'a port, 0 to 65535, or empty' },
  NODE_NAME: { form: (text: string) => PRINTABLE.test(text), is: 'a node name' },
  ZONE: { form: (text: string) => text === '' || PRINTABLE.test(text), is: 'a zone name, or empty' },
  IMAGE: { form: (text: string) => PRINTABLE.test(text), is: 'an image name' },
} as const

/**
 * Reads and checks the environment.
 * @throws ConfigError with one problem for each value that is missing or malformed.
 */
export function readConfig(env: Environment): PodConfig {
  const problems: string[] = []
  const read = (name: keyof typeof EXPECTED, fallback?: string): string => {
    const value = env[name] ?? fallback
    const { form, is } = EXPECTED[name]
    if (value === undefined) problems.push(`${name} is missing: expected ${is}.`)
    else if (!form(value)) problems.push(`${name} is malformed: expected ${is}.`)
    return value ?? ''
  }
  const metricsPort = read('METRICS_PORT', '')
  const config = {
    key: read('POD_KEY'),
    name: read('POD_NAME'),
    uid: read('POD_UID'),
    ip: read('POD_IP'),
    port: Number(read('POD_PORT', DEFAULT_PORT)),
    ...(metricsPort === '' ? {} : { metricsPort: Number(metricsPort) }),
    node: read('NODE_NAME'),
    zone: read('ZONE', ''),
    image: read('IMAGE'),
    limits: readLimits(env.LIMITS, problems),
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
}

/** `LIMITS` is a JSON object with the limits that a test or a stage overrides. */
function readLimits(text: string | undefined, problems: string[]): Limits {
  if (text === undefined || text === '') return LIMITS
  try {
    return limitsWith(overridesOf(JSON.parse(text)))
  } catch (error) {
    const why = error instanceof RangeError ? error.message : 'expected a JSON object of limits.'
    problems.push(`LIMITS is malformed: ${why}`)
    return LIMITS
  }
}

function overridesOf(value: unknown): Partial<Limits> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError('expected a JSON object of limits.')
  for (const [name, limit] of Object.entries(value)) {
    if (!Object.hasOwn(LIMITS, name)) throw new RangeError('it contains an unknown limit.')
    if (!Number.isSafeInteger(limit) || limit < 0)
      throw new RangeError(`expected ${name} to be a whole number, 0 or more.`)
  }
  return value
}
