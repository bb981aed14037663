/**
 * The cluster under test: this engine, started for the tests, or a real cluster behind `kubectl proxy`.
 *
 *     KUBERNETES_URL=http://127.0.0.1:8001 npx vitest run packages/local-kubernetes/tests/contract
 *
 * The image KUBERNETES_IMAGE (default: warm-pods/pod:dev) must be on the nodes. The tests run `_pod.ts` of this folder
 * with the Node of that image.
 */

import { readFileSync } from 'node:fs'
import { startKubernetes } from '../src/engine.ts'

export interface Target extends AsyncDisposable {
  baseUrl: string
  headers: Record<string, string>
  image: string
  /** The command of its containers, instead of the image's own. */
  command?: readonly string[]
  /** The first back-off of this cluster, ms. */
  backOffMs: number
  /** How long a test waits for one event, ms. */
  patienceMs: number
  real: boolean
}

const SCRIPT = new URL('./_pod.ts', import.meta.url).pathname
const LOCAL_IMAGE = 'local/check:1'

/** Starts the engine on a free port, with a short back-off. */
export async function startLocal(backOffBaseMs = 400): Promise<Target> {
  const kubernetes = await startKubernetes({
    host: '127.0.0.1',
    port: 0,
    nodeName: 'node-1',
    zone: 'local-1a',
    region: 'local',
    version: 'v1.36.3',
    backOffBaseMs,
    command: ({ container }) =>
      container.image === LOCAL_IMAGE ? { file: process.execPath, args: [SCRIPT] } : undefined,
  })
  return {
    baseUrl: kubernetes.url,
    headers: {},
    image: LOCAL_IMAGE,
    backOffMs: backOffBaseMs,
    patienceMs: 20_000,
    real: false,
    [Symbol.asyncDispose]: kubernetes.close,
  }
}

/** Returns the cluster at KUBERNETES_URL, or starts the engine. */
export async function openTarget(): Promise<Target> {
  const { KUBERNETES_URL, KUBERNETES_IMAGE = 'warm-pods/pod:dev' } = process.env
  if (!KUBERNETES_URL) return startLocal()
  return {
    baseUrl: KUBERNETES_URL,
    headers: {},
    image: KUBERNETES_IMAGE,
    command: ['/nodejs/bin/node', '--input-type=module-typescript', '-e', readFileSync(SCRIPT, 'utf8')],
    backOffMs: 10_000,
    patienceMs: 90_000,
    real: true,
    [Symbol.asyncDispose]: async () => {},
  }
}
