/**
 * What a stage may set, read from WARM_PODS_* variables (SST reads `.env` and `.env.<stage>` too). Pure: nothing of
 * Pulumi here, so a mistake is found before anything is created, and a unit test finds it without SST.
 */
import { LIMITS, type Limits, limitsWith } from '../../packages/core/src/limits.ts'
import { regionOf, regionProblem } from './region.ts'

export type Power = 'awake' | 'asleep'
/** Where pods run: a cluster that this stage buys, somebody else's, or nowhere. */
export type ClusterChoice =
  | { readonly kind: 'own' }
  | { readonly kind: 'shared'; readonly name: string; readonly gatewayUrl: string; readonly image: string }
  | { readonly kind: 'none' }

export interface Settings {
  readonly stage: string
  readonly production: boolean
  readonly region: string
  /** What the owner asked for now; undefined keeps what the stage is. */
  readonly power: Power | undefined
  readonly cluster: ClusterChoice
  readonly nat: 'none' | 'managed'
  /** Names of its own: `api.<name>` and `gateway.<name>`, in that hosted zone. */
  readonly domain: { readonly name: string; readonly zoneId: string } | undefined
  readonly siteOrigin: string
  /** The pod's image in this stage's own registry; empty keeps what was deployed last. */
  readonly imageTag: string
  /** Kubernetes namespace; `<namespace>:api` and `<namespace>:refill` may act in it (k8s/base/rbac.yaml). */
  readonly namespace: string
  readonly limits: Partial<Limits>
  readonly adminArn: string | undefined
  readonly alarms: { readonly email: string; readonly budgetUsd: number } | undefined
  /** `owner/name` of the repository whose workflows may deploy. */
  readonly repository: string | undefined
}

/** Every variable, with what it says; also the text of docs/operations.md, section "Settings". */
export const VARIABLES = {
  WARM_PODS_REGION: 'AWS region; eu-central-1 unless set',
  WARM_PODS_POWER: 'awake or asleep; unset keeps what the stage is',
  WARM_PODS_CLUSTER: 'name of an existing EKS cluster for a personal stage; unset runs without one',
  WARM_PODS_GATEWAY_URL: 'wss:// origin of the gateway in that shared cluster',
  WARM_PODS_IMAGE: 'the pod’s image, whole reference, in a shared cluster',
  WARM_PODS_IMAGE_TAG:
    'tag of the pod’s image in this stage’s registry, the commit it was built from; unset keeps the last',
  WARM_PODS_NAT: 'none or managed; managed puts nodes into private subnets, about $37 a month',
  WARM_PODS_DOMAIN: 'DNS name under which api. and gateway. are made',
  WARM_PODS_ZONE_ID: 'id of the Route 53 hosted zone that holds it',
  WARM_PODS_SITE_ORIGIN: 'origin of the page, as in https://owner.github.io',
  WARM_PODS_ALARM_EMAIL: 'who hears of alarms and of the budget',
  WARM_PODS_BUDGET_USD: 'monthly budget in USD; 180 unless set',
  WARM_PODS_ADMIN_ARN:
    'IAM role or user that administers the cluster besides the deploy role: you, for kubectl',
  WARM_PODS_REPOSITORY: 'owner/name on GitHub of the repository that may deploy',
  WARM_PODS_LIMITS: 'JSON: limits of packages/core/src/limits.ts in which this stage differs',
} as const

export type Variable = keyof typeof VARIABLES
type Environment = Readonly<Record<string, string | undefined>>

/** A node that has to be started first takes its time; the start budget and what follows from it. */
const EKS_LIMITS: Partial<Limits> = { startBudgetMs: 180_000, orphanGraceMs: 240_000 }

const PATTERNS: Partial<Record<Variable, readonly [RegExp, string]>> = {
  WARM_PODS_POWER: [/^(awake|asleep)$/, 'awake or asleep'],
  WARM_PODS_CLUSTER: [/^[0-9A-Za-z][\w-]{0,99}$/, 'the name of an EKS cluster'],
  WARM_PODS_GATEWAY_URL: [/^wss:\/\/[^/]+$/, 'an origin such as wss://gateway.example.com'],
  WARM_PODS_IMAGE: [/^\S+[:@]\S+$/, 'an image with its tag or digest'],
  WARM_PODS_IMAGE_TAG: [/^[\w][\w.-]{0,127}$/, 'an image tag'],
  WARM_PODS_NAT: [/^(none|managed)$/, 'none or managed'],
  WARM_PODS_DOMAIN: [/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a DNS name such as pods.example.com'],
  WARM_PODS_ZONE_ID: [/^Z[0-9A-Z]+$/, 'the id of a hosted zone, as in Z0123456789ABC'],
  WARM_PODS_SITE_ORIGIN: [
    /^https?:\/\/[^/\s*]+$/,
    'an origin such as https://owner.github.io, without a path',
  ],
  WARM_PODS_ALARM_EMAIL: [/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address'],
  WARM_PODS_BUDGET_USD: [/^[1-9]\d*$/, 'a whole number of USD'],
  WARM_PODS_ADMIN_ARN: [/^arn:aws:iam::\d{12}:(role|user)\/\S+$/, 'the ARN of an IAM role or user'],
  WARM_PODS_REPOSITORY: [/^[\w.-]+\/[\w.-]+$/, 'owner/name'],
}

/** What production cannot do without, whatever it is asked. */
const PRODUCTION_NEEDS: readonly Variable[] = [
  'WARM_PODS_DOMAIN',
  'WARM_PODS_ZONE_ID',
  'WARM_PODS_SITE_ORIGIN',
  'WARM_PODS_ALARM_EMAIL',
  'WARM_PODS_REPOSITORY',
]
const SHARED_NEEDS: readonly Variable[] = ['WARM_PODS_GATEWAY_URL', 'WARM_PODS_IMAGE']

/**
 * @throws Error with one sentence for each setting that is missing, malformed or unknown.
 */
export function settings(stage: string, environment: Environment): Settings {
  const production = stage === 'production'
  const get = (name: Variable): string => environment[name]?.trim() ?? ''
  const problems = [...stageProblems(stage), ...valueProblems(environment, get), ...missing(production, get)]
  const limits = limitsOf(get('WARM_PODS_LIMITS'), problems)
  if (problems.length > 0) throw new Error(`Stage "${stage}" cannot be deployed. ${problems.join(' ')}`)
  const power = get('WARM_PODS_POWER')
  const email = get('WARM_PODS_ALARM_EMAIL')
  const domain = get('WARM_PODS_DOMAIN')
  return {
    stage,
    production,
    region: regionOf(get('WARM_PODS_REGION')),
    power: power === 'awake' || power === 'asleep' ? power : undefined,
    cluster: clusterOf(production, get),
    nat: get('WARM_PODS_NAT') === 'managed' ? 'managed' : 'none',
    domain: domain ? { name: domain, zoneId: get('WARM_PODS_ZONE_ID') } : undefined,
    siteOrigin: get('WARM_PODS_SITE_ORIGIN') || 'http://localhost:5300',
    imageTag: get('WARM_PODS_IMAGE_TAG'),
    namespace: production ? 'warm-pods' : `warm-pods-${stage}`,
    limits,
    adminArn: get('WARM_PODS_ADMIN_ARN') || undefined,
    alarms: email ? { email, budgetUsd: Number(get('WARM_PODS_BUDGET_USD') || 180) } : undefined,
    repository: get('WARM_PODS_REPOSITORY') || undefined,
  }
}

/** Only production buys a cluster. */
function clusterOf(production: boolean, get: (name: Variable) => string): ClusterChoice {
  if (production) return { kind: 'own' }
  const name = get('WARM_PODS_CLUSTER')
  if (!name) return { kind: 'none' }
  return { kind: 'shared', name, gatewayUrl: get('WARM_PODS_GATEWAY_URL'), image: get('WARM_PODS_IMAGE') }
}

function stageProblems(stage: string): string[] {
  if (/^(prod|live|main|staging)$/.test(stage)) {
    return [
      `The stage is called "production"; any other name is somebody’s own, and "${stage}" reads like neither.`,
    ]
  }
  if (/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/.test(stage)) return []
  return ['A stage’s name (--stage) is 2 to 20 characters of a-z, 0-9 and "-", the first a letter.']
}

function valueProblems(environment: Environment, get: (name: Variable) => string): string[] {
  const unknown = Object.keys(environment)
    .filter((name) => name.startsWith('WARM_PODS_') && !(name in VARIABLES))
    .map((name) => `There is no setting ${name}.`)
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
  const problems = lacking.map((name) => `${name} is missing; ${because} needs it: ${VARIABLES[name]}.`)
  if (!production && get('WARM_PODS_DOMAIN') && !get('WARM_PODS_ZONE_ID')) {
    problems.push('WARM_PODS_ZONE_ID is missing; WARM_PODS_DOMAIN needs it.')
  }
  // Set without what makes it count, it would be passed over in silence.
  if (!get('WARM_PODS_CLUSTER')) {
    const idle = SHARED_NEEDS.filter((name) => get(name) !== '')
    problems.push(...idle.map((name) => `${name} is for a shared cluster, and WARM_PODS_CLUSTER names none.`))
  }
  if (production && get('WARM_PODS_CLUSTER')) {
    problems.push('WARM_PODS_CLUSTER is for personal stages; production has its own cluster.')
  }
  return problems
}

function limitsOf(json: string, problems: string[]): Partial<Limits> {
  try {
    const own: unknown = JSON.parse(json || '{}')
    if (typeof own !== 'object' || own === null || Array.isArray(own))
      throw new Error('it is not a JSON object.')
    for (const [name, value] of Object.entries(own)) {
      if (!(name in LIMITS)) throw new Error(`there is no limit "${name}".`)
      if (typeof value !== 'number') throw new Error(`${name} is not a number.`)
    }
    const limits: Partial<Limits> = { ...EKS_LIMITS, ...own }
    limitsWith(limits)
    return limits
  } catch (error) {
    problems.push(`WARM_PODS_LIMITS is wrong: ${error instanceof Error ? error.message : String(error)}`)
    return {}
  }
}
