/** Applies the gateway with its exporter to a user's cluster. */
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** kustomize accepts relative folders only, so this one is in the repository. */
const FOLDER = join(ROOT, '.local/gateway-exporter')

/**
 * Applies `k8s/overlays/local` with the component, and waits until the gateway has rolled out.
 * @returns a function that applies the overlay alone again.
 * @throws the error of kubectl, with its output.
 */
export async function applyGatewayExporter({
  context,
  kubectl,
}: {
  readonly context: string
  readonly kubectl: string
}): Promise<() => Promise<void>> {
  const run = promisify(execFile)
  const apply = (folder: string) =>
    run(kubectl, ['--context', context, 'apply', '--server-side', '--force-conflicts', '-k', folder])
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(
    join(FOLDER, 'kustomization.yaml'),
    `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../k8s/overlays/local]
components: [../../k8s/monitoring/gateway-exporter]
`,
  )
  await apply(FOLDER)
  await run(kubectl, [
    ...['--context', context, '--namespace', 'warm-pods', 'rollout', 'status'],
    ...['deployment/gateway', '--timeout', '2m'],
  ])
  return async () => {
    await apply(join(ROOT, 'k8s/overlays/local'))
    rmSync(FOLDER, { recursive: true })
  }
}
