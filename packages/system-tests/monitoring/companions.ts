/** The programs that export metrics beside the system, where they are installed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../manifests/_render.ts'

const K8S = fileURLToPath(new URL('../../../k8s/', import.meta.url))
const READY_MS = 20_000
/** Pods of this machine have addresses in 127.88.0.0/16. */
const LOCAL_PODS = `geo $named $is_pod_address {
  default 0;
  127.88.0.0/16 1;
}
limit_conn per_address 256;
`

export interface Companion extends Disposable {
  /** `host:port` of its metrics. */
  readonly target: string
}

export interface LocalGateway extends Companion {
  /** The origin of the WebSockets. */
  readonly origin: string
}

/** Starts kube-state-metrics for one namespace, or returns the sentence why not. @param kubernetes URL of the API server. */
export async function startKubeState(
  kubernetes: string,
  { kubeconfig, port }: { readonly kubeconfig: string; readonly port: number },
): Promise<Companion | string> {
  const program = findProgram('kube-state-metrics', 'KUBE_STATE_METRICS')
  if (!program)
    return 'There is no kube-state-metrics on the PATH and KUBE_STATE_METRICS is not set, so its queries were not run.'
  // It reads its own address from a kubeconfig. The local API server and kubectl proxy need no credentials.
  writeFileSync(kubeconfig, kubeconfigOf(kubernetes))
  const child = spawn(
    program,
    [
      `--kubeconfig=${kubeconfig}`,
      '--namespaces=warm-pods',
      '--resources=jobs,nodes,pods,resourcequotas',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--telemetry-host=127.0.0.1',
      `--telemetry-port=${port + 1}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  await untilAnswers(child, `http://127.0.0.1:${port}/metrics`)
  return { target: `127.0.0.1:${port}`, [Symbol.dispose]: () => void child.kill() }
}

/**
 * Starts the nginx of k8s/base in front of the pods of this machine, and the exporter of its stub_status.
 * @returns a sentence when one of the programs is missing.
 */
export async function startLocalGateway(folder: string, port: number): Promise<LocalGateway | string> {
  const nginx = findProgram('nginx', 'NGINX')
  const exporter =
    findProgram('nginx-prometheus-exporter', 'NGINX_EXPORTER') ??
    findProgram('prometheus-nginx-exporter', 'NGINX_EXPORTER')
  if (!nginx || !exporter)
    return `There is no ${nginx ? 'nginx-prometheus-exporter' : 'nginx'} on the PATH, so the queries of the gateway were not run.`
  const config = writeGatewayConfig(folder, port)
  const proxy = spawn(nginx, ['-e', 'stderr', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  await untilAnswers(proxy, `http://127.0.0.1:${port}/healthz`)
  const reader = spawn(
    exporter,
    [
      `-nginx.scrape-uri=http://127.0.0.1:${port + 1}/stub_status`,
      `-web.listen-address=127.0.0.1:${port + 2}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  await untilAnswers(reader, `http://127.0.0.1:${port + 2}/metrics`)
  return {
    origin: `ws://127.0.0.1:${port}`,
    target: `127.0.0.1:${port + 2}`,
    [Symbol.dispose]() {
      reader.kill()
      proxy.kill()
    },
  }
}

/** The files of k8s, with ports of this machine. They are otherwise unchanged. */
function writeGatewayConfig(folder: string, port: number): string {
  mkdirSync(folder, { recursive: true })
  const config = join(folder, 'nginx.conf')
  const changed = (path: string, ...changes: readonly (readonly [from: string, to: string])[]): string => {
    const text = readFileSync(join(K8S, path), 'utf8')
    return changes.reduce((before, [from, to]) => {
      if (!before.includes(from)) throw new Error(`Expected "${from}" in k8s/${path}.`)
      return before.replaceAll(from, to)
    }, text)
  }
  writeFileSync(
    config,
    changed(
      'base/gateway/nginx.conf',
      ['listen 8080 default_server', `listen 127.0.0.1:${port} default_server`],
      ['/tmp/', `${folder}/`],
      ['access_log /dev/stdout gateway', `access_log ${folder}/access.log gateway`],
    ),
  )
  writeFileSync(join(folder, 'cluster.conf'), LOCAL_PODS)
  writeFileSync(
    join(folder, 'monitoring.conf'),
    changed('monitoring/gateway-exporter/monitoring.conf', ['127.0.0.1:8081', `127.0.0.1:${port + 1}`]),
  )
  return config
}

/** @throws Error with the errors of the process when it ends, or when it does not answer within 20 s. */
async function untilAnswers(child: ChildProcess, url: string): Promise<void> {
  let errors = ''
  child.stderr?.on('data', (text) => {
    errors += text
  })
  child.on('error', ({ message }) => {
    errors += message
  })
  const deadline = performance.now() + READY_MS
  while (child.exitCode === null && performance.now() < deadline) {
    const answer = await fetch(url).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
    await sleep(100)
  }
  child.kill()
  throw new Error(`${child.spawnfile} does not answer at ${url}: ${errors.slice(-1_000)}`)
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'it', cluster: { server } }],
    users: [{ name: 'it', user: {} }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    'current-context': 'it',
  })
}
