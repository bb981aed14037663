/**
 * `npm run test:cluster -- --context <name>` runs the contract of packages/local-kubernetes/tests and the suites of
 * this folder on a real cluster. It creates its own namespaces and deletes them; it changes no other.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findKubectl } from '@warm-pods/local/cluster-context/apply.ts'
import { isPermitted } from '@warm-pods/local/cluster-context/permissions.ts'
import { startKubectlProxy } from '@warm-pods/local/monitor/kubectl-proxy.ts'
import { runCommand, UserError } from '@warm-pods/local/user-error.ts'
import { openContext } from './_context.ts'
import { assertImage } from './_image.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CONFIG = 'packages/system-tests/cluster/vitest.config.ts'
const CONTRACT = 'packages/local-kubernetes/tests/contract'
const DEFAULT_IMAGE = 'warm-pods/pod:dev'
const HELP = `Tests the contract with Kubernetes, and the whole product, on your cluster.

  npm run test:cluster -- --context kind-kind
  npm run test:cluster -- --context kind-kind deploys       only files with this text in their name
      --kubeconfig <file>    another kubeconfig than kubectl's default
      --image <reference>    another pod image than ${DEFAULT_IMAGE}; the nodes must have it or be able to pull it

It needs kubectl and an administrator's context. It creates its own namespaces and deletes them.
`

/** The settings of the suites. */
interface Suite {
  readonly context: string
  readonly kubeconfig: string
  readonly kubectl: string
  readonly image: string
}

await runCommand(main)

/**
 * @returns the exit code.
 * @throws UserError when the suites cannot run on this cluster.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      context: { type: 'string' },
      kubeconfig: { type: 'string' },
      image: { type: 'string', default: DEFAULT_IMAGE },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  if (!values.context)
    throw new UserError(
      'Name the context of a cluster to test on: npm run test:cluster -- --context kind-kind',
    )
  const suite = await findSuite(values.context, values.kubeconfig, values.image)
  const wantsContract = positionals.length === 0 || positionals.some((word) => 'contract'.includes(word))
  const codes = [
    ...(wantsContract ? [await runContract(suite)] : []),
    ...(positionals.length === 1 && positionals[0] === 'contract'
      ? []
      : [vitest(['--config', CONFIG, ...positionals], suite, {})]),
  ]
  return codes.some((code) => code !== 0) ? 1 : 0
}

/**
 * Checks the context, its permissions, the image and kubectl.
 * @throws UserError naming the missing prerequisite.
 */
async function findSuite(context: string, given: string | undefined, image: string): Promise<Suite> {
  const { access, kubeconfig, version } = await openContext(context, given)
  try {
    if (!(await isPermitted(access, 'none', { resource: 'namespaces', verb: 'create' })))
      throw new UserError(
        `The context "${context}" may not create namespaces: use an administrator's. Nothing was tested.`,
      )
    await assertImage(access, { context, image, isDefault: image === DEFAULT_IMAGE })
    console.log(`On ${context}, Kubernetes ${version} at ${access.server}.`)
  } finally {
    access.close()
  }
  const kubectl = findKubectl(process.env)
  if (!kubectl)
    throw new UserError('Expected kubectl on the PATH, or its path in KUBECTL. Nothing was tested.')
  return { context, kubeconfig, kubectl, image }
}

/** Runs the contract through `kubectl proxy`, because its tests use plain HTTP. */
async function runContract(suite: Suite): Promise<number> {
  const { context, image, kubeconfig, kubectl } = suite
  using proxy = await startKubectlProxy(kubectl, context, { ...process.env, KUBECONFIG: kubeconfig })
  return vitest([CONTRACT], suite, { KUBERNETES_URL: proxy.url, KUBERNETES_IMAGE: image })
}

function vitest(args: string[], suite: Suite, env: Record<string, string>): number {
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      KUBECONFIG: suite.kubeconfig,
      KUBECTL: suite.kubectl,
      KUBE_CONTEXT: suite.context,
      POD_IMAGE: suite.image,
      ...env,
    },
  })
  return status ?? 1
}
