/**
 * `npm run test:monitoring`: a real Prometheus reads a running system during a scripted visit. Then every query of every board and
 * alert must return data, and the metrics must agree with the visit.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { findKubectl } from '@warm-pods/local/cluster-context/apply.ts'
import { startKubectlProxy } from '@warm-pods/local/monitor/kubectl-proxy.ts'
import { findPrometheus, HOW_TO_INSTALL, startPrometheus } from '@warm-pods/local/monitor/prometheus.ts'
import { runCommand, UserError } from '@warm-pods/local/user-error.ts'
import type { MetricSource } from '@warm-pods/monitoring/metric-sources.ts'
import { startSoakSystem } from '../soak/system.ts'
import { type ClusterFacts, type Comparison, compareFacts } from './check-facts.ts'
import { checkQueries, cloudWatchCount, type QueryResult } from './check-queries.ts'
import { startKubeState, startLocalGateway } from './companions.ts'
import { applyGatewayExporter } from './gateway-exporter.ts'
import { targetsDown } from './prometheus-api.ts'
import { untilWhole, visit } from './visit.ts'

const HELP = `Checks the boards and the alerts with a real Prometheus.

  npm run test:monitoring                             pods on this machine
  npm run test:monitoring -- --context kind-kind      pods in your cluster; k8s/overlays/local is applied there
      --image <reference>       another pod image than warm-pods/pod:dev
      --gateway-exporter        apply k8s/monitoring/gateway-exporter too; the nodes need its image
      --port <number>           the first of ten ports, 4450 by default

It uses kube-state-metrics (KUBE_STATE_METRICS), nginx and nginx-prometheus-exporter (NGINX_EXPORTER) where they are installed.
`
const NAMESPACE = 'warm-pods'
/** All visitors have one address. */
const VISIT_LIMITS = { liveSessionsPerAddress: 20 }
/** Prometheus has read every target twice, and the API has renewed its cached answer. */
const SETTLE_MS = 8_000
const TARGETS_MS = 30_000

await runCommand(main)

interface Options {
  readonly context: string | undefined
  readonly image: string
  readonly hasExporter: boolean
  readonly port: number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      context: { type: 'string' },
      image: { type: 'string', default: 'warm-pods/pod:dev' },
      'gateway-exporter': { type: 'boolean', default: false },
      port: { type: 'string', default: '4450' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const { context, image } = values
  if (values['gateway-exporter'] && context === undefined)
    throw new UserError('--gateway-exporter works only together with --context <name>.')
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1_024 || port > 65_000)
    throw new UserError(`Expected --port to be a number from 1024 to 65000, got "${values.port}".`)
  return test({ context, image, hasExporter: values['gateway-exporter'], port })
}

async function test({ context, hasExporter, image, port }: Options): Promise<number> {
  const program = findPrometheus(process.env)
  if (!program) throw new UserError(HOW_TO_INSTALL)
  await using stack = new AsyncDisposableStack()
  const kubectl = findKubectl(process.env)
  if (context !== undefined && !kubectl)
    throw new UserError('Expected kubectl on the PATH, or its path in KUBECTL. Nothing was tested.')
  const cluster = context === undefined || !kubectl ? undefined : { context, kubectl }

  say(`starting Warm Pods, ${cluster ? `pods in ${cluster.context}` : 'pods on this machine'}`)
  const system = stack.use(
    await startSoakSystem(port, VISIT_LIMITS, context === undefined ? undefined : { context, image }),
  )
  if (cluster && hasExporter) stack.defer(await applyGatewayExporter(cluster))
  const proxy = cluster && stack.use(await startKubectlProxy(cluster.kubectl, cluster.context, process.env))
  const kubernetes = proxy?.url ?? system.kubernetes

  const notes: string[] = []
  const sources = new Set<MetricSource>(['pods', 'api', 'prometheus'])
  const kubeState = await startKubeState(kubernetes, {
    kubeconfig: join(system.data, 'kube-state.json'),
    port: port + 5,
  })
  if (typeof kubeState === 'string') notes.push(kubeState)
  else {
    stack.use(kubeState)
    sources.add('kube-state-metrics')
  }
  const gateway = cluster ? undefined : await startLocalGateway(join(system.data, 'nginx'), port + 7)
  if (typeof gateway === 'string') notes.push(gateway)
  else if (gateway) stack.use(gateway)
  const localGateway = typeof gateway === 'object' ? gateway : undefined
  if (localGateway || hasExporter) sources.add('nginx-exporter')
  else if (cluster) notes.push('Without --gateway-exporter, the queries of the gateway were not run.')
  if (cluster) sources.add('api-server')
  else
    notes.push(
      'The local Kubernetes exports no metrics of its own, so its queries were not run. --context <name> runs them.',
    )
  const onAws = cloudWatchCount()
  notes.push(`${onAws} panels ask CloudWatch, which this command does not have.`)

  const prometheus = stack.use(
    await startPrometheus(program, {
      folder: join(system.data, 'prometheus'),
      port: port + 4,
      system: {
        site: system.site,
        kubernetes,
        throughApiServer: cluster !== undefined,
        namespace: NAMESPACE,
        intervalS: 1,
        apiServer: cluster !== undefined,
        gatewayPods: cluster !== undefined && hasExporter,
        ...(typeof kubeState === 'string' ? {} : { kubeState: kubeState.target }),
        ...(localGateway ? { gatewayExporters: [localGateway.target] } : {}),
      },
    }),
  )
  if (prometheus.discovery === 'file')
    notes.push('This Prometheus was built without kubernetes_sd_configs, so it read the pods from a file.')
  await untilWhole(system.site)
  await untilTargetsUp(prometheus.url)
  // The first sample of each counter is zero, so that an increase counts everything.
  await sleep(SETTLE_MS)
  const facts = await visit(
    { site: system.site, gateway: localGateway?.origin ?? system.site.replace('http', 'ws') },
    (step) => say(`the visitor ${step}`),
  )
  await sleep(SETTLE_MS)
  say('running the queries')
  const results = await checkQueries(prometheus.url, sources)
  const comparisons = await compareFacts(prometheus.url, facts, await clusterFacts(kubernetes), sources)
  for (const visitor of facts.staying) await visitor.release()
  return report(results, comparisons, notes)
}

/** @throws Error with the last errors after 30 s. */
async function untilTargetsUp(prometheus: string): Promise<void> {
  const deadline = performance.now() + TARGETS_MS
  for (;;) {
    const { down, targets } = await targetsDown(prometheus)
    if (down.length === 0 && targets > LIMITS.target) return say(`Prometheus reads ${targets} targets`)
    if (performance.now() > deadline)
      throw new Error(`Prometheus has ${targets} targets, and cannot read ${down.join('; ') || 'the others'}`)
    await sleep(500)
  }
}

async function clusterFacts(kubernetes: string): Promise<ClusterFacts> {
  const list = async (path: string): Promise<{ status?: { phase?: string } }[]> => {
    const response = await fetch(`${kubernetes}${path}`)
    return ((await response.json()) as { items: { status?: { phase?: string } }[] }).items
  }
  const jobs = await list(`/apis/batch/v1/namespaces/${NAMESPACE}/jobs`)
  const pods = await list(`/api/v1/namespaces/${NAMESPACE}/pods`)
  return { jobs: jobs.length, runningPods: pods.filter(({ status }) => status?.phase === 'Running').length }
}

/** Prints both tables. @returns the exit code. */
function report(
  results: readonly QueryResult[],
  comparisons: readonly Comparison[],
  notes: readonly string[],
): number {
  console.log('\nseries  query')
  for (const { legend, problem, series, where } of results)
    console.log(
      `${String(series ?? '–').padStart(6)}  ${where} (${legend})${problem ? `   PROBLEM: ${problem}` : ''}`,
    )
  console.log('\nagrees  fact: by the visit, by the metrics')
  for (const { agrees, expected, fact, measured } of comparisons)
    console.log(
      `${(agrees ? 'yes' : 'NO').padStart(6)}  ${fact}: ${expected}, ${Number(measured.toPrecision(4))}`,
    )
  console.log(`\n${notes.join('\n')}`)
  const run = results.filter(({ series }) => series !== undefined)
  const problems = results.filter(({ problem }) => problem).length
  const disagreements = comparisons.filter(({ agrees }) => !agrees).length
  console.log(
    `\n${run.length} of ${results.length} queries run, ${problems} with a problem. ${comparisons.length} facts, ${disagreements} that disagree.`,
  )
  return problems + disagreements > 0 ? 1 : 0
}

function say(step: string): void {
  console.log(`${(performance.now() / 1_000).toFixed(1).padStart(6)} s  ${step}`)
}
