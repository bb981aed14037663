/** The program behind `npm run monitor`: a real Prometheus that reads the running system. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findInstance, type Instance } from '../cli/data-folder/instance-file.ts'
import { NAMES } from '../cli/environment.ts'
import { parseFlags } from '../cli/parse-flags.ts'
import { UserError } from '../user-error.ts'
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
`

const FOUND = {
  kubernetes: ', found by a watch of the local Kubernetes',
  file: ', from a file that this command keeps current',
}

const FLAGS = {
  port: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const parsed = parseFlags(process.argv.slice(2), FLAGS)
if (!parsed.ok)
  fail(
    `${parsed.message}. The flags are --port <number>, --data <folder> and --help. npm needs "--" before them: npm run monitor -- --port 5004`,
  )
else if (parsed.values.help) console.log(HELP)
else await main(parsed.values)

async function main(flags: { readonly port?: unknown; readonly data?: unknown }): Promise<void> {
  const data =
    typeof flags.data === 'string'
      ? resolve(process.env.INIT_CWD ?? process.cwd(), flags.data)
      : join(ROOT, '.local')
  const program = findPrometheus(process.env)
  if (!program) return fail(HOW_TO_INSTALL)
  const instance = findInstance(data)
  if (!instance)
    return fail(`No Warm Pods runs from ${data}, so there are no metrics to read. Start it first: npm start`)
  const port = flags.port === undefined ? instance.port + PORT_OFFSET : Number(flags.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return fail(`Expected --port to be a number from 1 to 65535, got "${flags.port}"`)
  await run(program, data, instance, port)
}

async function run(program: string, data: string, instance: Instance, port: number): Promise<void> {
  try {
    const prometheus = await startPrometheus(program, {
      folder: join(data, 'prometheus'),
      port,
      system: {
        site: `http://localhost:${instance.port}`,
        kubernetes: `http://127.0.0.1:${instance.port + 1}`,
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
    if (!isStopping) fail(`Prometheus has ended: ${last}`)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    fail(error.message)
  }
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
