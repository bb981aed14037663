/** Nodes whose kubelet is KWOK: their pods become Ready without a process. https://kwok.sigs.k8s.io */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { V1Job, V1NodeList } from '@kubernetes/client-node'
import { kubectl, kubectlJson } from '../cluster/_kubectl.ts'
import { until } from '../cluster/_pods.ts'

/** Pods of one node. `stages.yaml` has the capacity, with room for pods that are going away. */
const PODS_PER_NODE = 1_000
const STAGES = fileURLToPath(new URL('stages.yaml', import.meta.url))
const LABEL = 'warm-pods/simulated'
const KEY = 'kwok.x-k8s.io/node'
const PATIENCE_MS = 60_000

/**
 * Creates nodes for this many pods, and starts KWOK for them. Disposing of it stops KWOK and deletes the nodes.
 * @param options `run`: a name of this run, so that two runs on one cluster have nodes of their own. `kwok`: the program.
 * @throws Error when the nodes do not become Ready.
 */
export async function startSimulatedNodes(options: {
  readonly run: string
  readonly pods: number
  readonly kwok: string
  readonly kubeconfig: string
}): Promise<AsyncDisposable> {
  const { kubeconfig, kwok, pods, run } = options
  const count = Math.ceil(pods / PODS_PER_NODE)
  const items = Array.from({ length: count }, (_, index) => nodeOf(run, index))
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  const log = openSync(join(tmpdir(), `warm-pods-kwok-${run}.log`), 'w')
  const child = spawn(
    kwok,
    [
      ...[
        '--kubeconfig',
        kubeconfig,
        '--config',
        STAGES,
        '--cidr',
        '10.128.0.0/10',
        '--node-ip',
        '10.127.0.1',
      ],
      ...['--manage-nodes-with-label-selector', `${LABEL}=${run}`, '--node-lease-duration-seconds', '40'],
    ],
    { stdio: ['ignore', log, log] },
  )
  closeSync(log)
  const close = () => stop(child, run)
  try {
    await until('the simulated nodes to be Ready', () => areReady(run, count), 500, PATIENCE_MS)
  } catch (error) {
    await close()
    throw error
  }
  return { [Symbol.asyncDispose]: close }
}

/** The manifest of a Job for the simulated nodes. No other pod tolerates them, and no other node has their label. */
export function forSimulatedNodes(job: V1Job, run: string): V1Job {
  const { spec } = job
  const pod = spec?.template.spec
  if (!spec || !pod) throw new Error('Expected a Job with a pod template.')
  const placed = {
    ...pod,
    nodeSelector: { [LABEL]: run },
    tolerations: [{ key: KEY, operator: 'Equal', value: 'fake', effect: 'NoSchedule' }],
  }
  return { ...job, spec: { ...spec, template: { ...spec.template, spec: placed } } }
}

function nodeOf(run: string, index: number): object {
  const name = `kwok-${run}-${index}`
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { [KEY]: 'fake' },
      labels: {
        [LABEL]: run,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': 'zone-1',
      },
    },
    spec: { taints: [{ key: KEY, value: 'fake', effect: 'NoSchedule' }] },
  }
}

async function areReady(run: string, count: number): Promise<true | undefined> {
  const { items } = await kubectlJson<V1NodeList>(['get', 'nodes', '-l', `${LABEL}=${run}`])
  const ready = items.filter(({ status }) =>
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
  )
  return ready.length === count ? true : undefined
}

async function stop(child: ChildProcess, run: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  await kubectl(['delete', 'nodes', '-l', `${LABEL}=${run}`, '--ignore-not-found'])
}
