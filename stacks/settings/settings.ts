/**
 * The settings of a stage, read from WARM_PODS_* variables. SST reads `.env` and `.env.<stage>` too.
 * This file imports nothing of Pulumi: a mistake is found before any resource is created, and unit tests need no SST.
 */
import { LIMITS, type Limits, limitsWith } from '../../packages/core/src/limits.ts'
import { REPOSITORY } from '../github/subjects.ts'
import { autoModeProblem, regionOf, regionProblem } from './region.ts'

export type Power = 'awake' | 'asleep'
/** The components of k8s/monitoring that a stage can have. */
export const MONITORING = ['prometheus', 'datadog', 'logs'] as const
export type Monitoring = (typeof MONITORING)[number]
/** Where pods run: a cluster that this stage creates, a shared cluster that exists already, or nowhere. */
type ClusterChoice =
  | { readonly kind: 'own' }
  | { readonly kind: 'shared'; readonly name: string; readonly gatewayUrl: string; readonly image: string }
  | { readonly kind: 'none' }

export interface Settings {
  readonly stage: string
  readonly production: boolean
  /** True for the stage of a pull request. The preview role deploys it (stacks/github/github.ts). */
  readonly preview: boolean
  readonly region: string
  /** The power requested for this deploy; undefined keeps the stage as it is. */
  readonly power: Power | undefined
  readonly cluster: ClusterChoice
  readonly nat: 'none' | 'managed'
  /** Each component once. */
  readonly monitoring: readonly Monitoring[]
  /** Production creates `api.<name>` and `gateway.<name>` in this Route 53 hosted zone, another stage `api-<stage>.<name>`. */
  readonly domain: { readonly name: string; readonly zoneId: string } | undefined
  /** Origin of the page; the API allows cross-origin requests from it alone. */
  readonly siteOrigin: string
  /** Tag of the pod's image in this stage's own registry; empty keeps the tag of the last deploy. */
  readonly imageTag: string
  /** Kubernetes namespace. The groups `<namespace>:api` and `<namespace>:refill` have permissions in it (k8s/base/rbac.yaml). */
  readonly namespace: string
  /** The limits in which this stage differs from packages/core/src/limits.ts. */
  readonly limits: Partial<Limits>
  /** IAM role or user that administers the cluster besides the deploy role. */
  readonly adminArn: string | undefined
  /** Where alarms are mailed, and the monthly budget; undefined creates neither. */
  readonly alarms: { readonly email: string; readonly budgetUsd: number } | undefined
  /** The repository whose workflows may deploy: `owner@id/name@id`, or `owner/name` without ids (stacks/github/subjects.ts). */
  readonly repository: string | undefined
}

/** Above the cost of production in any region (docs/operations.md), so that a normal month sends no mail. */
export const DEFAULT_BUDGET_USD = 220

/** Prints the value of WARM_PODS_REPOSITORY, with the placeholders replaced. */
const PRINT_REPOSITORY = `gh api repos/OWNER/NAME --jq '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'`

/** Every variable with its meaning. Error messages quote it, and docs/operations.md lists every name. */
export const VARIABLES = {
  WARM_PODS_REGION: 'AWS region, eu-central-1 by default',
  WARM_PODS_POWER: 'awake or asleep; unset keeps the stage as it is',
  WARM_PODS_CLUSTER: 'name of an existing EKS cluster for a personal stage; unset means no cluster',
  WARM_PODS_GATEWAY_URL: 'wss:// origin of the gateway in the shared cluster',
  WARM_PODS_IMAGE: 'full reference of the pod’s image for the shared cluster',
  WARM_PODS_IMAGE_TAG:
    'tag of the pod’s image in this stage’s registry: the commit of the build; unset keeps the last tag',
  WARM_PODS_NAT: 'none or managed; managed puts nodes into private subnets for about $37 a month',
  WARM_PODS_MONITORING:
    'prometheus, datadog or logs, or several of them with commas; unset or none means no monitoring in the cluster',
  WARM_PODS_DOMAIN: 'DNS name below which the stage creates the names api and gateway',
  WARM_PODS_ZONE_ID: 'id of the Route 53 hosted zone of that DNS name',
  WARM_PODS_SITE_ORIGIN: 'origin of the page, such as https://owner.github.io',
  WARM_PODS_ALARM_EMAIL: 'e-mail address for alarms and budget notices',
  WARM_PODS_BUDGET_USD: `monthly budget in USD, ${DEFAULT_BUDGET_USD} by default`,
  WARM_PODS_ADMIN_ARN:
    'ARN of the IAM role or user that may use kubectl as administrator, besides the deploy role',
  WARM_PODS_REPOSITORY: `the GitHub repository that may deploy, as owner@id/name@id; this prints it: ${PRINT_REPOSITORY}`,
  WARM_PODS_LIMITS: 'JSON object: limits of packages/core/src/limits.ts that this stage changes',
} as const

type Variable = keyof typeof VARIABLES
type Environment = Readonly<Record<string, string | undefined>>

/** A cold start may have to wait for a new node, so the start budget is longer than on a running cluster. */
const EKS_LIMITS: Partial<Limits> = { startBudgetMs: 180_000, orphanGraceMs: 240_000 }

const PATTERNS: Partial<Record<Variable, readonly [RegExp, string]>> = {
  WARM_PODS_POWER: [/^(awake|asleep)$/, 'awake or asleep'],
  WARM_PODS_CLUSTER: [/^[0-9A-Za-z][\w-]{0,99}$/, 'the name of an EKS cluster'],
  WARM_PODS_GATEWAY_URL: [/^wss:\/\/[^/]+$/, 'an origin such as wss://gateway.example.com'],
  WARM_PODS_IMAGE: [/^\S+[:@]\S+$/, 'an image reference with a tag or digest'],
  WARM_PODS_IMAGE_TAG: [/^[\w][\w.-]{0,127}$/, 'an image tag'],
  WARM_PODS_NAT: [/^(none|managed)$/, 'none or managed'],
  WARM_PODS_MONITORING: [
    /^(none|(prometheus|datadog|logs)(,(prometheus|datadog|logs))*)$/,
    'none, or a list of prometheus, datadog and logs such as prometheus,logs',
  ],
  WARM_PODS_DOMAIN: [/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a DNS name such as pods.example.com'],
  WARM_PODS_ZONE_ID: [/^Z[0-9A-Z]+$/, 'the id of a hosted zone such as Z0123456789ABC'],
  WARM_PODS_SITE_ORIGIN: [
    /^https?:\/\/[^/\s*]+$/,
    'an origin such as https://owner.github.io, without a path',
  ],
  WARM_PODS_ALARM_EMAIL: [/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address'],
  WARM_PODS_BUDGET_USD: [/^[1-9]\d*$/, 'a whole number of USD'],
  WARM_PODS_ADMIN_ARN: [/^arn:aws:iam::\d{12}:(role|user)\/\S+$/, 'the ARN of an IAM role or user'],
  WARM_PODS_REPOSITORY: [
    REPOSITORY,
    `owner@id/name@id, which this prints: ${PRINT_REPOSITORY}; or owner/name if its tokens have no ids`,
  ],
}

/** Settings without which production is not deployed. */
const PRODUCTION_NEEDS: readonly Variable[] = [
  'WARM_PODS_DOMAIN',
  'WARM_PODS_ZONE_ID',
  'WARM_PODS_SITE_ORIGIN',
  'WARM_PODS_ALARM_EMAIL',
  'WARM_PODS_REPOSITORY',
]
const SHARED_NEEDS: readonly Variable[] = ['WARM_PODS_GATEWAY_URL', 'WARM_PODS_IMAGE']

/**
 * Parses the settings of a stage.
 * @throws Error that names every setting that is missing, malformed or unknown, and says what to set.
 */
export function parseSettings(stage: string, environment: Environment): Settings {
  const production = stage === 'production'
  const get = (name: Variable): string => environment[name]?.trim() ?? ''
  const autoMode = production ? autoModeProblem(get('WARM_PODS_REGION')) : undefined
  const problems = [
    ...stageProblems(stage),
    ...valueProblems(environment, get),
    ...(autoMode ? [autoMode] : []),
    ...missing(production, get),
  ]
  const limits = limitsOf(get('WARM_PODS_LIMITS'), problems)
  if (problems.length > 0) throw new Error(`Stage "${stage}" cannot be deployed. ${problems.join(' ')}`)
  const power = get('WARM_PODS_POWER')
  const email = get('WARM_PODS_ALARM_EMAIL')
  const domain = get('WARM_PODS_DOMAIN')
  return {
    stage,
    production,
    preview: /^pr-\d+$/.test(stage),
    region: regionOf(get('WARM_PODS_REGION')),
    power: power === 'awake' || power === 'asleep' ? power : undefined,
    cluster: clusterOf(production, get),
    nat: get('WARM_PODS_NAT') === 'managed' ? 'managed' : 'none',
    monitoring: monitoringOf(get('WARM_PODS_MONITORING')),
    domain: domain ? { name: domain, zoneId: get('WARM_PODS_ZONE_ID') } : undefined,
    siteOrigin: get('WARM_PODS_SITE_ORIGIN') || 'http://localhost:5300',
    imageTag: get('WARM_PODS_IMAGE_TAG'),
    namespace: production ? 'warm-pods' : `warm-pods-${stage}`,
    limits,
    adminArn: get('WARM_PODS_ADMIN_ARN') || undefined,
    alarms: email
      ? { email, budgetUsd: Number(get('WARM_PODS_BUDGET_USD') || DEFAULT_BUDGET_USD) }
      : undefined,
    repository: get('WARM_PODS_REPOSITORY') || undefined,
  }
}

/** Returns `owner/name` of the repository that may deploy, without ids; empty without one. */
export function repositoryName({ repository = '' }: Settings): string {
  return repository.replaceAll(/@\d+/g, '')
}

/** Returns the API's host name, or undefined without a domain. Only production's has no stage in it, so no two stages collide. */
export function apiHost({ domain, production, stage }: Settings): string | undefined {
  return domain && `${production ? 'api' : `api-${stage}`}.${domain.name}`
}

function monitoringOf(list: string): Monitoring[] {
  const names = list.split(',')
  return MONITORING.filter((one) => names.includes(one))
}

/** Only production creates a cluster. */
function clusterOf(production: boolean, get: (name: Variable) => string): ClusterChoice {
  if (production) return { kind: 'own' }
  const name = get('WARM_PODS_CLUSTER')
  if (!name) return { kind: 'none' }
  return { kind: 'shared', name, gatewayUrl: get('WARM_PODS_GATEWAY_URL'), image: get('WARM_PODS_IMAGE') }
}

function stageProblems(stage: string): string[] {
  if (/^(prod|live|main|staging)$/.test(stage)) {
    return [
      `The stage name "${stage}" is reserved. Use --stage production, or a personal name such as --stage ada.`,
    ]
  }
  if (/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/.test(stage)) return []
  return [
    'The stage name (--stage) must have 2 to 20 characters of a-z, 0-9 and "-", starting with a letter and not ending with "-".',
  ]
}

function valueProblems(environment: Environment, get: (name: Variable) => string): string[] {
  const unknown = Object.keys(environment)
    .filter((name) => name.startsWith('WARM_PODS_') && !(name in VARIABLES))
    .map((name) => `${name} is not a setting; unset it or correct its name.`)
  const malformed = Object.entries(PATTERNS).flatMap(([name, [pattern, expected]]) => {
    const value = get(name as Variable)
    return value === '' || pattern.test(value) ? [] : [`${name} must be ${expected}, not "${value}".`]
  })
  const region = regionProblem(get('WARM_PODS_REGION'))
  return [...unknown, ...(region ? [region] : []), ...malformed]
}

function missing(production: boolean, get: (name: Variable) => string): string[] {
  const names = production ? PRODUCTION_NEEDS : get('WARM_PODS_CLUSTER') ? SHARED_NEEDS : []
  const because = production ? 'production' : 'a shared cluster'
  const lacking = names.filter((name) => get(name) === '')
  const problems = lacking.map(
    (name) => `${name} is missing; ${because} needs it. Set it to: ${VARIABLES[name]}.`,
  )
  if (!production && get('WARM_PODS_DOMAIN') && !get('WARM_PODS_ZONE_ID')) {
    problems.push(
      `WARM_PODS_ZONE_ID is missing; WARM_PODS_DOMAIN needs it. Set it to: ${VARIABLES.WARM_PODS_ZONE_ID}.`,
    )
  }
  // Without WARM_PODS_CLUSTER these settings would have no effect, so they are rejected.
  if (!get('WARM_PODS_CLUSTER')) {
    const unused = SHARED_NEEDS.filter((name) => get(name) !== '')
    problems.push(
      ...unused.map(
        (name) => `${name} is for a shared cluster only; set WARM_PODS_CLUSTER too, or unset ${name}.`,
      ),
    )
  }
  problems.push(...monitoringProblems(production, get))
  if (production && get('WARM_PODS_CLUSTER')) {
    problems.push(
      'WARM_PODS_CLUSTER is for personal stages only; unset it, since production creates its own cluster.',
    )
  }
  return problems
}

/** A stage without a cluster has no pods to read. The role and the log group for logs belong to the stage that owns the cluster. */
function monitoringProblems(production: boolean, get: (name: Variable) => string): string[] {
  const chosen = monitoringOf(get('WARM_PODS_MONITORING'))
  if (production || chosen.length === 0) return []
  if (!get('WARM_PODS_CLUSTER'))
    return [
      'WARM_PODS_MONITORING is for a stage with a cluster; set WARM_PODS_CLUSTER too, or unset WARM_PODS_MONITORING.',
    ]
  if (!chosen.includes('logs')) return []
  return [
    'WARM_PODS_MONITORING=logs is for production only, which owns its cluster; leave logs out of WARM_PODS_MONITORING.',
  ]
}

/** Adds a sentence to `problems` when the JSON or a limit in it is invalid. */
function limitsOf(json: string, problems: string[]): Partial<Limits> {
  try {
    const own: unknown = JSON.parse(json || '{}')
    if (typeof own !== 'object' || own === null || Array.isArray(own))
      throw new Error('it must be a JSON object.')
    for (const [name, value] of Object.entries(own)) {
      if (!(name in LIMITS)) throw new Error(`packages/core/src/limits.ts has no limit "${name}".`)
      if (typeof value !== 'number') throw new Error(`${name} must be a number.`)
    }
    const limits: Partial<Limits> = { ...EKS_LIMITS, ...own }
    limitsWith(limits)
    return limits
  } catch (error) {
    problems.push(`WARM_PODS_LIMITS is invalid: ${error instanceof Error ? error.message : String(error)}`)
    return {}
  }
}
