import { type FlagValue, parseFlags } from './parse-flags.ts'
import type { ContextOptions } from './target.ts'

/** The port of the page when `--port` is not given. */
export const DEFAULT_PORT = 4400
const HIGHEST_PORT = 65_533
/** Ports from 1024 on that browsers refuse to open: https://fetch.spec.whatwg.org/#port-blocking */
const BLOCKED_PORTS = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
])

/** The text of `npm start -- --help`. */
export const HELP = `Runs all of Warm Pods on this machine. It needs no AWS account, Docker or cluster.

  npm start                       the page at http://localhost:${DEFAULT_PORT}
  npm start -- --port 5000        the page on port 5000, Kubernetes on 5001, DynamoDB on 5002
  npm start -- --data /tmp/wp     data, logs and kubeconfig in /tmp/wp instead of .local
  npm start -- --help             this text

With the pods in your own Kubernetes cluster (kind, k3d, EKS, any kubeconfig):
  npm start -- --context kind-kind                     use this context of your kubeconfig
  npm start -- --context kind-kind --apply             apply k8s/overlays/local there first
  npm start -- --context kind-kind --image you/pod:1   use this image instead of warm-pods/pod:dev
  npm start -- --context x --kubeconfig ./config       read this file instead of kubectl's default

While it runs:
  npm run console                                      show the tables in a browser
  npm run monitor                                      read the metrics with an installed Prometheus
  npm run top                                          show pool, sessions, pods and events in the terminal
  kubectl --kubeconfig .local/kubeconfig get pods -w   watch the pods
  Ctrl-C                                               stop every process that it started
`

/** The parsed command line, or the error message about it. */
export type CliOptions =
  | {
      readonly kind: 'start'
      readonly port: number
      readonly data: string | undefined
      /** The cluster that runs the pods. Without it, this machine runs them. */
      readonly cluster?: ContextOptions
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string }

const FLAGS = {
  port: { type: 'string' },
  data: { type: 'string' },
  context: { type: 'string' },
  kubeconfig: { type: 'string' },
  image: { type: 'string' },
  apply: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Parses and validates the flags of `npm start`.
 * @param args the arguments after `npm start --`.
 */
export function parseCliOptions(args: readonly string[]): CliOptions {
  const parsed = parseFlags(args, FLAGS)
  if (!parsed.ok) return usageError(parsed.message)
  const { values } = parsed
  if (values.help) return { kind: 'help' }
  const { port = String(DEFAULT_PORT), data } = values
  if (data !== undefined && !isText(data)) return usageError('--data needs a folder')
  if (typeof port !== 'string') return usageError('--port needs a number')
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > HIGHEST_PORT)
    return usageError(
      `Expected --port to be a number from 1 to ${HIGHEST_PORT} (Kubernetes and DynamoDB use the next two ports), got "${port}"`,
    )
  if (BLOCKED_PORTS.has(Number(port)))
    return usageError(`Browsers block port ${port}, because another protocol uses it. Choose another --port`)
  const cluster = contextOptions(values)
  if (typeof cluster === 'string') return usageError(cluster)
  return { kind: 'start', port: Number(port), data, ...(cluster ? { cluster } : {}) }
}

/** @returns the options, an error message, or undefined when no flag concerns a cluster. */
function contextOptions(values: Readonly<Record<string, FlagValue>>): ContextOptions | string | undefined {
  const { apply = false, context, image, kubeconfig } = values
  if (context === undefined) {
    const stray = ['kubeconfig', 'image', 'apply'].find((name) => values[name] !== undefined)
    return stray && `--${stray} works only together with --context <name>`
  }
  if (!isText(context)) return '--context needs the name of a context of your kubeconfig'
  if (kubeconfig !== undefined && !isText(kubeconfig)) return '--kubeconfig needs a file'
  if (image !== undefined && !isText(image)) return '--image needs the name of an image'
  if (typeof apply !== 'boolean') return '--apply takes no value'
  return { context, kubeconfig, image, apply }
}

function isText(value: FlagValue): value is string {
  return typeof value === 'string' && value !== ''
}

function usageError(problem: string): CliOptions {
  return {
    kind: 'error',
    message: `${problem}. The flags are --port <number>, --data <folder>, --context <name> (with --kubeconfig <file>, --image <reference>, --apply) and --help. npm needs "--" before them: npm start -- --port 5000`,
  }
}
