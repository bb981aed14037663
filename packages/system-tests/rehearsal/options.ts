import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findKubectl } from '@warm-pods/local/cluster-context/apply.ts'
import { UserError } from '@warm-pods/local/user-error.ts'

export const HELP = `Deploys production to an emulated AWS account and to a Kubernetes cluster, and visits it.

  npm run rehearse -- --context kind-kind
      --kubeconfig <file>           another kubeconfig than kubectl's default
      --image <reference>           pod image on the nodes; default: warm-pods/pod:dev
      --gateway-image <reference>   nginx image on the nodes; default: nginxinc/nginx-unprivileged:stable
      --operator-kinds <folder>     CustomResourceDefinitions of the operators of WARM_PODS_MONITORING; default: kinds with any content
      --policies                    also checks that the cluster enforces the NetworkPolicies (npm run smoke -- … --cluster)

The environment names the emulator (AWS_ENDPOINT_URL, AWS_REGION, credentials) and has the settings of production. It needs kubectl, openssl,
the AWS CLI, and a context that administers a cluster without Warm Pods. WARM_PODS_MONITORING adds its components to the deploy.
`

export interface Options {
  readonly context: string
  readonly kubeconfig: string | undefined
  readonly image: string
  readonly gatewayImage: string
  /** Absolute. */
  readonly operatorKinds: string | undefined
  readonly policies: boolean
  readonly emulator: string
  readonly region: string
  readonly domain: string
  readonly siteOrigin: string
}

/** @returns undefined after `--help`. @throws UserError naming every missing prerequisite of the environment. */
export function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      context: { type: 'string' },
      kubeconfig: { type: 'string' },
      image: { type: 'string', default: 'warm-pods/pod:dev' },
      'gateway-image': { type: 'string', default: 'nginxinc/nginx-unprivileged:stable' },
      'operator-kinds': { type: 'string' },
      policies: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return undefined
  if (!values.context)
    throw new UserError('Name the context of a cluster: npm run rehearse -- --context kind-kind')
  const emulator = process.env.AWS_ENDPOINT_URL ?? ''
  const host = URL.canParse(emulator) ? new URL(emulator).hostname : ''
  // The rehearsal deploys and removes, so it must never reach a real account.
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host))
    throw new UserError(
      'AWS_ENDPOINT_URL must name an emulator on this machine, such as http://127.0.0.1:5000 (docs/operations.md).',
    )
  const needed = [
    'AWS_REGION',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'WARM_PODS_DOMAIN',
    'WARM_PODS_SITE_ORIGIN',
  ]
  const missing = needed.filter((name) => !process.env[name])
  if (missing.length > 0) throw new UserError(`Set ${missing.join(', ')}.`)
  if (!findKubectl(process.env)) throw new UserError('Expected kubectl on the PATH.')
  assertPrograms()
  return {
    context: values.context,
    kubeconfig: values.kubeconfig,
    image: values.image,
    gatewayImage: values['gateway-image'],
    operatorKinds: values['operator-kinds'] && resolve(process.env.INIT_CWD ?? '', values['operator-kinds']),
    policies: values.policies,
    emulator,
    region: process.env.AWS_REGION ?? '',
    domain: process.env.WARM_PODS_DOMAIN ?? '',
    siteOrigin: process.env.WARM_PODS_SITE_ORIGIN ?? '',
  }
}

/** Programs besides kubectl, with their purpose. */
const PROGRAMS = {
  openssl: { args: ['version'], purpose: 'it makes the certificates of the rehearsal' },
  aws: { args: ['--version'], purpose: 'commands of docs/operations.md use the AWS CLI' },
} as const

function assertPrograms(): void {
  for (const [name, { args, purpose }] of Object.entries(PROGRAMS)) {
    try {
      execFileSync(name, [...args], { stdio: 'ignore' })
    } catch {
      throw new UserError(`Expected ${name} on the PATH: ${purpose}.`)
    }
  }
}
