// Which cluster the contract is checked on: our own engine, started for the tests, or a real one behind `kubectl proxy`.
//   KUBERNETES_URL=http://127.0.0.1:8001 KUBERNETES_IMAGE=docker.io/local/check:1 npx vitest run packages/local/tests/kubernetes/contract
// The image runs `_pod.ts` of this folder.

import { startKubernetes } from '../../src/kubernetes/engine.ts'

export type Target = AsyncDisposable & {
  baseUrl: string
  headers: Record<string, string>
  image: string
  /** The first back-off of this cluster. */
  backOffMs: number
  /** The longest that anything may take before a test gives up. */
  patienceMs: number
  real: boolean
}

const SCRIPT = new URL('./_pod.ts', import.meta.url).pathname
export const LOCAL_IMAGE = 'local/check:1'

/** Our engine on a free port, with a back-off short enough for tests. */
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

/** The cluster that the environment names, or our own. */
export async function openTarget(): Promise<Target> {
  const { KUBERNETES_URL, KUBERNETES_IMAGE } = process.env
  if (!KUBERNETES_URL) return startLocal()
  if (!KUBERNETES_IMAGE)
    throw new Error('Expected KUBERNETES_IMAGE to name an image that runs _pod.ts, got nothing')
  return {
    baseUrl: KUBERNETES_URL,
    headers: {},
    image: KUBERNETES_IMAGE,
    backOffMs: 10_000,
    patienceMs: 90_000,
    real: true,
    [Symbol.asyncDispose]: async () => {},
  }
}
