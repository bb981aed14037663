import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { UserError } from '../user-error.ts'

export interface ApplyOptions {
  readonly context: string
  /** Files in kubectl's order. */
  readonly kubeconfigs: readonly string[]
  /** Folder of the overlay, absolute. */
  readonly overlay: string
  readonly environment: Record<string, string | undefined>
  readonly signal: AbortSignal
}

/** Long enough for the nodes to pull the images, seconds. */
const ROLLOUT_S = 120

/**
 * Applies an overlay with the user's kubectl, which has kustomize built in. It uses server-side apply and rejects unknown
 * fields: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 * @returns one line for each object.
 * @throws UserError with the error message of kubectl, or when there is no kubectl.
 */
export async function applyOverlay(options: ApplyOptions): Promise<string[]> {
  const stdout = await kubectl(options, [
    'apply',
    '-k',
    options.overlay,
    '--server-side',
    '--validate=strict',
  ])
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
}

/**
 * Waits until every gateway pod runs the applied version.
 * @returns undefined when they became Ready within two minutes, else the error message of kubectl.
 */
export async function awaitGateway(options: ApplyOptions, namespace: string): Promise<string | undefined> {
  const wait = ['rollout', 'status', 'deployment/gateway', '-n', namespace, '--timeout', `${ROLLOUT_S}s`]
  try {
    await kubectl(options, wait)
    return undefined
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
}

async function kubectl(
  { context, environment, kubeconfigs, signal }: ApplyOptions,
  args: string[],
): Promise<string> {
  const program = findKubectl(environment)
  if (!program)
    throw new UserError(
      '--apply needs kubectl, and there is none on the PATH. Install it (https://kubernetes.io/docs/tasks/tools/), or apply k8s/overlays/local from a machine that has it.',
    )
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile(
    program,
    ['--context', context, ...args],
    { env: { ...environment, KUBECONFIG: kubeconfigs.join(delimiter) }, signal, maxBuffer: 2 ** 24 },
    (error, stdout, stderr) =>
      error
        ? reject(new UserError(errorMessage(args[0] ?? '', errorLine(stderr) || error.message)))
        : resolve(stdout),
  )
  return promise
}

/** kubectl prints warnings first and the error last. */
function errorLine(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return (lines.findLast((line) => /error|forbidden|conflict/i.test(line)) ?? lines.at(-1) ?? '').slice(
    0,
    500,
  )
}

/** @returns the program that `KUBECTL` names, or the first kubectl on the PATH; undefined when there is none. */
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

function errorMessage(command: string, reason: string): string {
  const advice = reason.includes('(Forbidden)')
    ? ' Only an administrator of the cluster may apply this. Use an administrator’s context, or ask one to apply k8s/overlays/local.'
    : ''
  return `kubectl ${command} failed: ${reason.replace(/\.$/, '')}.${advice}`
}
