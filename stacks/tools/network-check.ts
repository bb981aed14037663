/**
 * Checks that a cluster enforces the NetworkPolicies of k8s/base: it tries connections out of an echo pod and a gateway pod.
 * A cluster accepts the policies even if its network enforces none.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kubectl } from './kubectl.ts'

type Result = 'reached' | 'blocked' | 'untested'

interface Probe {
  /** Name of the connection, such as `a pod to the API server`. */
  readonly what: string
  readonly expected: 'reached' | 'blocked'
  readonly attempt: () => Promise<Result>
}

const NAMESPACE = 'warm-pods'
const POD_PORT = 8080
/** A connection without an answer for this long counts as blocked. */
const TIMEOUT_S = 3
/** An address of the internet that accepts connections to port 443. */
const INTERNET = '1.1.1.1'
/** The cluster applies policies to a new pod, and the controller starts, within this time. */
const PATIENCE_MS = 60_000

/** Prints the result. A refusal comes from the target, so the packet got through. Every other error means that it did not. */
const CONNECT = `const [host, port] = process.argv.slice(1)
const socket = require('node:net').connect({ host, port })
const end = (result) => { console.log(result); process.exit() }
socket.once('connect', () => end('reached'))
socket.once('error', ({ code }) => end(code === 'ECONNREFUSED' ? 'reached' : 'blocked'))
setTimeout(end, ${TIMEOUT_S * 1000}, 'blocked')`

/** The same for the gateway, whose image has bash and no Node. 124 is the exit code of `timeout`. */
function connectWithBash(host: string, port: number): string {
  const open = `timeout ${TIMEOUT_S} bash -c 'exec 3<>/dev/tcp/${host}/${port}' 2>&1`
  return `error=$(${open}); case "$?:$error" in 0:*|1:*refused*) echo reached;; 124:*|1:*) echo blocked;; esac`
}

/**
 * Tries each connection, and repeats those with another result than expected until a minute has passed.
 * @param pauseMs between two attempts.
 * @returns a sentence for each connection that a policy should block or allow and does not. Empty if all are as expected.
 * @throws Error if the namespace has no running pod or gateway, or kubectl fails.
 */
export async function networkProblems(
  kubectl: Kubectl,
  pauseMs = 5_000,
  patienceMs = PATIENCE_MS,
): Promise<string[]> {
  const deadlineMs = performance.now() + patienceMs
  for (let wrong = await probes(kubectl); ; await sleep(pauseMs)) {
    const results = []
    for (const probe of wrong) results.push({ probe, result: await probe.attempt() })
    const failed = results.filter(({ probe, result }) => result !== probe.expected)
    if (failed.length === 0 || performance.now() > deadlineMs) {
      return failed.map(
        ({ probe, result }) => `Connection from ${probe.what}: ${result}, expected ${probe.expected}.`,
      )
    }
    wrong = failed.map(({ probe }) => probe)
  }
}

async function probes(kubectl: Kubectl): Promise<readonly Probe[]> {
  // Only warm pods: an attempt starts a second process, and no visitor's pod should share its memory with that.
  const [pod, other] = await running(kubectl, 'app.kubernetes.io/name=warm-pods,assigned=false')
  const [gateway, otherGateway] = await running(kubectl, 'app.kubernetes.io/name=warm-pods-gateway')
  if (!pod || !gateway)
    throw new Error('The namespace warm-pods has no running warm pod or no running gateway.')
  const service = await kubectl('--namespace', 'default', 'get', 'service', 'kubernetes', '--output', 'json')
  const { spec } = JSON.parse(service.stdout) as { spec: { clusterIP: string } }
  /** @returns the builder of the probes from one pod. @param script connects to a host and port. */
  const probesFrom =
    (from: string, name: string, script: (host: string, port: number) => readonly string[]) =>
    (to: string, host: string, port: number, expected: Probe['expected'] = 'blocked'): Probe => ({
      what: `${from} to ${to}`,
      expected,
      attempt: async () => {
        const command = ['--namespace', NAMESPACE, 'exec', name, '--', ...script(host, port)]
        return toResult((await kubectl(...command)).stdout.trim())
      },
    })
  const fromPod = probesFrom('a pod', pod.name, (host, port) => [
    '/nodejs/bin/node',
    '-e',
    CONNECT,
    host,
    String(port),
  ])
  const fromGateway = probesFrom('the gateway', gateway.name, (host, port) => [
    'bash',
    '-c',
    connectWithBash(host, port),
  ])
  return [
    // The first of each shows that the attempt itself works.
    fromPod('itself', '127.0.0.1', POD_PORT, 'reached'),
    fromPod('the API server', spec.clusterIP, 443),
    fromPod('the internet', INTERNET, 443),
    fromPod('a gateway', gateway.ip, POD_PORT),
    ...(other ? [fromPod('another pod', other.ip, POD_PORT)] : []),
    fromGateway('a pod', pod.ip, POD_PORT, 'reached'),
    fromGateway('the API server', spec.clusterIP, 443),
    fromGateway('the internet', INTERNET, 443),
    ...(otherGateway ? [fromGateway('another gateway', otherGateway.ip, POD_PORT)] : []),
  ]
}

interface Pod {
  readonly name: string
  readonly ip: string
}

/** Returns the running pods that the selector matches. @throws Error with kubectl's text if it fails. */
async function running(kubectl: Kubectl, selector: string): Promise<Pod[]> {
  const { status, stdout, stderr } = await kubectl(
    ...['--namespace', NAMESPACE, 'get', 'pods', '--selector', selector],
    ...['--field-selector', 'status.phase=Running', '--output', 'json'],
  )
  if (status !== 0) throw new Error(`kubectl get pods failed: ${stderr.trim()}`)
  const { items } = JSON.parse(stdout) as {
    items: { metadata: { name: string; deletionTimestamp?: string }; status: { podIP?: string } }[]
  }
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, status: { podIP = '' } }) => ({ name: metadata.name, ip: podIP }))
}

/** A failed exec prints neither word. */
function toResult(printed: string): Result {
  return printed === 'reached' || printed === 'blocked' ? printed : 'untested'
}
