/** The administrator's hand in these tests: kubectl, on the context that the environment names. */
import { execFile } from 'node:child_process'
import { KUBECTL } from '../manifests/_render.ts'

export const CONTEXT = process.env.KUBE_CONTEXT ?? ''
export const IMAGE = process.env.POD_IMAGE ?? 'warm-pods/pod:dev'
const TIMEOUT_MS = 120_000

/** The functions that have rights in a cluster, each as a group of its own: k8s/base/rbac.yaml. */
export type FunctionName = 'api' | 'refill'

export interface CallOptions {
  readonly input?: string
  /** Asks as somebody who is in the group of one function alone, whatever way people have to log in to this cluster. */
  readonly as?: FunctionName
}

/** Runs kubectl and returns what it printed. @throws Error with what it complained of. */
export function kubectl(args: readonly string[], { input, as }: CallOptions = {}): Promise<string> {
  const who = as ? ['--as', as, '--as-group', `warm-pods:${as}`, '--as-group', 'system:authenticated'] : []
  const all = ['--context', CONTEXT, ...who, ...args]
  return new Promise((resolve, reject) => {
    const child = execFile(
      KUBECTL ?? 'kubectl',
      all,
      { timeout: TIMEOUT_MS, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) =>
        error ? reject(new Error(stderr.trim() || error.message, { cause: error })) : resolve(stdout),
    )
    child.stdin?.on('error', () => undefined) // It may have exited without reading.
    child.stdin?.end(input ?? '')
  })
}

/** What kubectl prints with `-o json`, as the kind that was asked for. */
export async function kubectlJson<T>(args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl([...args, '-o', 'json']))
}
