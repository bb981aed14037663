import { resolve } from 'node:path'
import { type FlagValue, parseFlags } from '../cli/parse-flags.ts'

/** The text of `npm run top -- --help`. */
export const HELP = `Shows the pool, sessions, pods, events and refill, live. Piped, it prints them once as plain text.

  npm run top                          the \`npm start\` of this folder
  npm run top -- --data <folder>       an \`npm start\` with --data <folder>
  npm run top -- --context <name>      an \`npm start -- --context <name>\`
  npm run top -- --stage <name>        a deployed stage, with your AWS credentials
  npm run top -- --session <id>        the audit of one session; the first characters of its id suffice

With --context: --kubeconfig <file> reads this file instead of kubectl's default.
With --stage: --region <name> and --cluster <EKS cluster>, where .sst/outputs.json is not of that stage.

Keys: up and down choose a session, Enter follows its audit, Escape goes back, q quits.
`

/** Where the rows and the pods are. */
export type Place =
  | { readonly kind: 'local'; readonly data: string | undefined }
  | {
      readonly kind: 'context'
      readonly context: string
      readonly kubeconfig: string | undefined
      readonly data: string | undefined
    }
  | {
      readonly kind: 'stage'
      readonly stage: string
      readonly region: string | undefined
      readonly cluster: string | undefined
    }

/** The parsed command line, or the error message about it. */
export type TopOptions =
  | { readonly kind: 'top'; readonly place: Place; readonly session: string | undefined }
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string }

const FLAGS = {
  data: { type: 'string' },
  context: { type: 'string' },
  kubeconfig: { type: 'string' },
  stage: { type: 'string' },
  region: { type: 'string' },
  cluster: { type: 'string' },
  session: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** The flags that each place takes besides its own. */
const ALLOWED = {
  local: ['data'],
  context: ['data', 'kubeconfig'],
  stage: ['region', 'cluster'],
} as const

/**
 * Parses and validates the flags of `npm run top`.
 * @param args the arguments after `npm run top --`.
 * @param from the user's current folder, absolute. `--data` is relative to it.
 */
export function parseTopOptions(args: readonly string[], from: string): TopOptions {
  const parsed = parseFlags(args, FLAGS)
  if (!parsed.ok) return usageError(parsed.message)
  const { help, ...values } = parsed.values
  if (help) return { kind: 'help' }
  const texts: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(values)) {
    if (!isText(value)) return usageError(`--${name} needs a value`)
    texts[name] = value
  }
  const { cluster, context, data, kubeconfig, region, session, stage } = texts
  if (stage !== undefined && context !== undefined)
    return usageError('--stage and --context exclude each other')
  const kind = stage === undefined ? (context === undefined ? 'local' : 'context') : 'stage'
  const stray = Object.keys(texts).find(
    (name) => name !== kind && name !== 'session' && !ALLOWED[kind].some((allowed) => allowed === name),
  )
  if (stray !== undefined) return usageError(strayMessage(stray, kind))
  if (stage !== undefined && !/^[a-z][a-z0-9-]*$/i.test(stage))
    return usageError(`Expected --stage to be the name of a stage, such as production, got "${stage}"`)
  if (session !== undefined && !/^[0-9a-f]{4,32}$/.test(session))
    return usageError(
      `Expected --session to be the first 4 to 32 characters of a session's id, 0-9 and a-f, got "${session}"`,
    )
  const folder = data === undefined ? undefined : resolve(from, data)
  if (stage !== undefined) return { kind: 'top', session, place: { kind: 'stage', stage, region, cluster } }
  if (context !== undefined)
    return { kind: 'top', session, place: { kind: 'context', context, kubeconfig, data: folder } }
  return { kind: 'top', session, place: { kind: 'local', data: folder } }
}

function strayMessage(flag: string, kind: Place['kind']): string {
  if (kind === 'stage') return `--${flag} does not work together with --stage`
  if (flag === 'kubeconfig') return '--kubeconfig works only together with --context <name>'
  return `--${flag} works only together with --stage <name>`
}

function isText(value: FlagValue): value is string {
  return typeof value === 'string' && value !== ''
}

function usageError(problem: string): TopOptions {
  return {
    kind: 'error',
    message: `${problem}. The flags are --stage <name>, --context <name>, --data <folder>, --session <id> and --help. npm needs "--" before them: npm run top -- --stage production`,
  }
}
