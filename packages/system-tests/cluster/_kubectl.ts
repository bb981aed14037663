/** kubectl with the administrator's context in KUBE_CONTEXT. */
import { execFile } from 'node:child_process'
import { KUBECTL } from '../manifests/_render.ts'

export const CONTEXT = process.env.KUBE_CONTEXT ?? ''
export const IMAGE = process.env.POD_IMAGE ?? 'warm-pods/pod:dev'
const TIMEOUT_MS = 120_000

/** The functions with rights in a cluster. Each has its own group in k8s/base/rbac.yaml. */
export type FunctionName = 'api' | 'refill'

export interface CallOptions {
  readonly input?: string
  /** Impersonates a user who is only in the group of this function. */
  readonly as?: FunctionName
}

/**
 * Runs kubectl and returns its standard output.
 * @throws Error with its standard error.
 */
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
    child.stdin?.on('error', () => undefined) // kubectl may exit without reading.
    child.stdin?.end(input ?? '')
  })
}

/** Runs kubectl with `-o json` and parses its output. */
export async function kubectlJson<T>(args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl([...args, '-o', 'json']))
}
