/** The program behind `npm run monitor`: a real Prometheus that reads the running system. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findInstance, type Instance } from '../cli/data-folder/instance-file.ts'
import { NAMES } from '../cli/environment.ts'
import { parseFlags } from '../cli/parse-flags.ts'
import { runCommand, UserError } from '../user-error.ts'
import { type KubectlProxy, startKubectlProxy } from './kubectl-proxy.ts'
import { findPrometheus, HOW_TO_INSTALL, startPrometheus } from './prometheus.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** The port relative to the page's. Kubernetes, DynamoDB and the console have the three ports between them. */
const PORT_OFFSET = 4
/** Seconds. The API repeats an answer for 5 s. */
const INTERVAL_S = 5
const HELP = `Starts a Prometheus that reads the metrics of the running Warm Pods. docs/monitoring.md tells how to add Grafana.

  npm run monitor
  npm run monitor -- --port 5004      on this port instead of the one after the console's
  npm run monitor -- --data <folder>  for a system that was started with --data <folder>
  npm run monitor -- --context kind-kind     for pods in your cluster (needs kubectl)
`

const FOUND = {
  kubernetes: ', found by a watch of Kubernetes',
  file: ', from a file that this command keeps current',
}

const FLAGS = {
  port: { type: 'string' },
  data: { type: 'string' },
  context: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

await runCommand(main)

async function main(): Promise<number> {
  const parsed = parseFlags(process.argv.slice(2), FLAGS)
  if (!parsed.ok)
    throw new UserError(
      `${parsed.message}. The flags are --port <number>, --data <folder>, --context <name> and --help. npm needs "--" before them: npm run monitor -- --port 5004`,
    )
  if (parsed.values.help) {
    console.log(HELP)
    return 0
  }
  const program = findPrometheus(process.env)
  if (!program) throw new UserError(HOW_TO_INSTALL)
  const flags: Flags = parsed.values
  const data = await dataFolder(flags)
  const instance = findInstance(data)
  if (!instance)
    throw new UserError(
      `No Warm Pods runs from ${data}, so there are no metrics to read. Start it first: npm start`,
    )
  const port = flags.port === undefined ? instance.port + PORT_OFFSET : Number(flags.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UserError(`Expected --port to be a number from 1 to 65535, got "${flags.port}"`)
  using proxy = typeof flags.context === 'string' ? await proxyTo(flags.context) : undefined
  await run(program, { data, instance, port, cluster: proxy?.url })
  return 0
}

interface Flags {
  readonly port?: unknown
  readonly data?: unknown
  readonly context?: unknown
}

/** @throws UserError when there is no such context. */
async function dataFolder({ context, data }: Flags): Promise<string> {
  const from = process.env.INIT_CWD ?? process.cwd()
  if (typeof data === 'string') return resolve(from, data)
  const local = join(ROOT, '.local')
  if (context === undefined) return local
  if (typeof context !== 'string')
    throw new UserError('--context needs the name of a context of your kubeconfig')
  // Loaded on demand: the Kubernetes client takes 60 MB.
  const { dataFolderName } = await import('../cluster-context/data-folder.ts')
  const { kubeconfigFiles, loadContext } = await import('../cluster-context/kubeconfig-files.ts')
  const files = kubeconfigFiles({ given: undefined, environment: process.env, from })
  return join(local, 'contexts', dataFolderName(loadContext(files, context)))
}

/** @throws UserError without kubectl, or when it does not reach the cluster. */
async function proxyTo(context: string): Promise<KubectlProxy> {
  const { findKubectl } = await import('../cluster-context/apply.ts')
  const kubectl = findKubectl(process.env)
  if (!kubectl)
    throw new UserError('Expected kubectl on the PATH, or its path in KUBECTL, to read your cluster.')
  return startKubectlProxy(kubectl, context, process.env)
}

interface Run {
  readonly data: string
  readonly instance: Instance
  readonly port: number
  /** URL of the proxy to the user's own cluster. */
  readonly cluster: string | undefined
}

/** @throws UserError when Prometheus does not start, or ends by itself. */
async function run(program: string, { cluster, data, instance, port }: Run): Promise<void> {
  const prometheus = await startPrometheus(program, {
    folder: join(data, 'prometheus'),
    port,
    system: {
      site: `http://localhost:${instance.port}`,
      kubernetes: cluster ?? `http://127.0.0.1:${instance.port + 1}`,
      throughApiServer: cluster !== undefined,
      apiServer: cluster !== undefined,
      namespace: NAMES.namespace,
      intervalS: INTERVAL_S,
    },
  })
  console.log(`
Prometheus is at http://localhost:${port}

  /targets   the API, and each pod${FOUND[prometheus.discovery]}
  /alerts    the alerts of k8s/monitoring
  /graph     queries; docs/metrics.md lists the metrics
  Ctrl-C     stops Prometheus; Warm Pods continues to run
`)
  let isStopping = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      isStopping = true
      void prometheus[Symbol.asyncDispose]()
    })
  const last = await prometheus.ended
  if (!isStopping) throw new UserError(`Prometheus has ended: ${last}`)
}
