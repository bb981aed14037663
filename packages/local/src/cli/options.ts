import { parseArgs } from 'node:util'
import type { ContextWish } from './target.ts'

export const DEFAULT_PORT = 4400
const HIGHEST_PORT = 65_533
/** https://fetch.spec.whatwg.org/#port-blocking, those from 1024 on. */
const BLOCKED_PORTS = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
])

export const HELP = `Warm Pods: the whole system on this machine, no AWS, Docker or cluster.

  npm start                       on http://localhost:${DEFAULT_PORT}
  npm start -- --port 5000        the page there, Kubernetes on 5001, DynamoDB on 5002
  npm start -- --data /tmp/wp     data, logs and the kubeconfig there instead of .local
  npm start -- --help             this text

With pods in a Kubernetes of yours (kind, k3d, EKS, any kubeconfig):
  npm start -- --context kind-kind                     that context of your kubeconfig
  npm start -- --context kind-kind --apply             first apply k8s/overlays/local there
  npm start -- --context kind-kind --image you/pod:1   another image than warm-pods/pod:dev
  npm start -- --context x --kubeconfig ./config       another file than kubectl would read

While it runs:
  npm run console                 look into its tables
  kubectl --kubeconfig .local/kubeconfig get pods -w
Ctrl-C ends every process it started.
`

/** What the person wants, or the sentence that says what was wrong with how they said it. */
export type Wish =
  | {
      readonly kind: 'start'
      readonly port: number
      readonly data: string | undefined
      /** Where the pods are to run; without it, on this machine. */
      readonly cluster?: ContextWish
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly sentence: string }

const FLAGS = {
  port: { type: 'string' },
  data: { type: 'string' },
  context: { type: 'string' },
  kubeconfig: { type: 'string' },
  image: { type: 'string' },
  apply: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** @param args what follows `npm start --`. */
export function readWish(args: readonly string[]): Wish {
  // Not strict, because its messages are written for programmers.
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: FLAGS,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  const unknown = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(FLAGS, token.name))
  if (unknown?.kind === 'option') return refused(`There is no flag ${unknown.rawName}`)
  if (positionals[0] !== undefined) return refused(`"${positionals[0]}" is no flag`)
  if (values.help) return { kind: 'help' }
  const { port = String(DEFAULT_PORT), data } = values
  if (data !== undefined && (typeof data !== 'string' || data === '')) return refused('--data needs a folder')
  if (typeof port !== 'string') return refused('--port needs a number')
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > HIGHEST_PORT)
    return refused(
      `Expected --port to be a number from 1 to ${HIGHEST_PORT} (two more ports follow it), got "${port}"`,
    )
  if (BLOCKED_PORTS.has(Number(port)))
    return refused(`Browsers open no page on port ${port}, which belongs to another protocol`)
  const cluster = readCluster(values)
  if (typeof cluster === 'string') return refused(cluster)
  return { kind: 'start', port: Number(port), data, ...(cluster ? { cluster } : {}) }
}

type Value = string | boolean | undefined | (string | boolean)[]

/** @returns what was wrong, as text; undefined when no cluster is meant. */
function readCluster(values: Readonly<Record<string, Value>>): ContextWish | string | undefined {
  const { apply = false, context, image, kubeconfig } = values
  if (context === undefined) {
    const stray = ['kubeconfig', 'image', 'apply'].find((name) => values[name] !== undefined)
    return stray && `--${stray} says something about a cluster: name its context too, with --context`
  }
  if (!isText(context)) return '--context needs the name of a context of your kubeconfig'
  if (kubeconfig !== undefined && !isText(kubeconfig)) return '--kubeconfig needs a file'
  if (image !== undefined && !isText(image)) return '--image needs the name of an image'
  if (typeof apply !== 'boolean') return '--apply takes no value'
  return { context, kubeconfig, image, apply }
}

function isText(value: Value): value is string {
  return typeof value === 'string' && value !== ''
}

function refused(what: string): Wish {
  return {
    kind: 'refused',
    sentence: `${what}. The flags are --port <number>, --data <folder>, --context <name> (with --kubeconfig <file>, --image <reference> and --apply) and --help; npm wants "--" before them: npm start -- --port 5000.`,
  }
}
