import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Missing } from './kubeconfig-files.ts'

export interface ApplyOptions {
  readonly context: string
  /** Files in kubectl's order. */
  readonly kubeconfigs: readonly string[]
  /** Folder of the overlay, absolute. */
  readonly overlay: string
  readonly environment: Record<string, string | undefined>
  readonly signal: AbortSignal
}

/** Long enough for images that are pulled. */
const ROLLOUT_S = 120

/**
 * Applies an overlay with the person's own kubectl, which has kustomize built in, and waits for the gateway.
 * Server-side, and strict about fields it does not know: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 * @returns what changed, a line for each object.
 * @throws Missing with kubectl's own words.
 */
export async function applyOverlay(options: ApplyOptions): Promise<string[]> {
  const said = await kubectl(options, ['apply', '-k', options.overlay, '--server-side', '--validate=strict'])
  return said
    .trim()
    .split('\n')
    .filter((line) => line !== '')
}

/** Waits until every gateway is the one that was applied. @returns whether they became Ready in time. */
export async function awaitGateway(options: ApplyOptions, namespace: string): Promise<boolean> {
  const wait = ['-n', namespace, 'rollout', 'status', 'deployment/gateway', '--timeout', `${ROLLOUT_S}s`]
  return kubectl(options, wait).then(
    () => true,
    () => false,
  )
}

async function kubectl(
  { context, environment, kubeconfigs, signal }: ApplyOptions,
  args: string[],
): Promise<string> {
  const program = findKubectl(environment)
  if (!program)
    throw new Missing(
      '--apply needs kubectl, and there is none on the PATH: https://kubernetes.io/docs/tasks/tools/. Install it, or apply k8s/overlays/local from where it is.',
    )
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile(
    program,
    ['--context', context, ...args],
    { env: { ...environment, KUBECONFIG: kubeconfigs.join(delimiter) }, signal, maxBuffer: 2 ** 24 },
    (error, stdout, stderr) =>
      error ? reject(new Missing(refusal(args[0] ?? '', telling(stderr) || error.message))) : resolve(stdout),
  )
  return promise
}

/** kubectl warns first and says the error last. */
function telling(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return (lines.findLast((line) => /error|forbidden|conflict/i.test(line)) ?? lines.at(-1) ?? '').slice(
    0,
    500,
  )
}

/** The kubectl that `KUBECTL` names, or the first on the PATH. */
export function findKubectl(environment: Record<string, string | undefined>): string | undefined {
  const given = environment.KUBECTL
  const places = (environment.PATH ?? '').split(delimiter).map((folder) => join(folder, 'kubectl'))
  return (given ? [given] : places).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function refusal(what: string, said: string): string {
  const advice = said.includes('(Forbidden)')
    ? ' Applying takes an administrator of the cluster: choose their context, or let them apply k8s/overlays/local.'
    : ''
  return `kubectl could not ${what}: ${said}.${advice}`.replace('..', '.')
}
