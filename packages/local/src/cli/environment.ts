/** Names that belong together: what the parts are told, and what the functions read in their `config.ts`. */
export const NAMES = {
  poolTable: 'Pool',
  sessionsTable: 'Sessions',
  api: 'warm-pods-api',
  refill: 'warm-pods-refill',
  namespace: 'warm-pods',
  cluster: 'local',
  context: 'warm-pods-local',
  image: 'warm-pods/pod:local',
} as const

export interface Endpoints {
  readonly site: string
  readonly kubernetes: string
  readonly dynamodb: string
  /** Empty for a part that invokes nothing. */
  readonly lambda: string
}

/** What the functions are told of the cluster their pods run in. */
export interface ClusterFacts {
  readonly name: string
  readonly region: string
  readonly image: string
  readonly namespace: string
  /** Empty for one that asks nobody who they are. */
  readonly token: string
}

/** The cluster of a machine that has none. */
export const LOCAL_CLUSTER: ClusterFacts = {
  name: NAMES.cluster,
  region: 'local',
  image: NAMES.image,
  namespace: NAMES.namespace,
  token: '',
}

/**
 * Names of the machine's own environment that a part may need; the rest of it stays outside. LIMITS are those in which
 * this start differs from the table, as a deployed stage sets them.
 */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_OPTIONS', 'LIMITS'] as const

/**
 * The environment of the Lambdas, as a deployed stage sets it; only the endpoints tell that it is this machine.
 * @param machine from {@link machineEnvironment}.
 */
export function functionEnvironment(
  endpoints: Endpoints,
  machine: Record<string, string>,
  cluster: ClusterFacts = LOCAL_CLUSTER,
): Record<string, string> {
  return {
    ...machine,
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    POOL_TABLE: NAMES.poolTable,
    SESSIONS_TABLE: NAMES.sessionsTable,
    DYNAMODB_ENDPOINT: endpoints.dynamodb,
    REFILL_FUNCTION: NAMES.refill,
    LAMBDA_ENDPOINT: endpoints.lambda,
    KUBERNETES_ENDPOINT: endpoints.kubernetes,
    KUBERNETES_TOKEN: cluster.token,
    CLUSTER_NAME: cluster.name,
    CLUSTER_REGION: cluster.region,
    NAMESPACE: cluster.namespace,
    IMAGE: cluster.image,
    GATEWAY_URL: '',
    SITE_ORIGIN: endpoints.site,
  }
}

/**
 * What is passed on to every part: nothing that could reach a real AWS account or cluster.
 * @param compileCache folder where Node keeps what it compiled: a part that finds itself there starts faster and does
 *   without the 25 MB that reading TypeScript takes.
 */
export function machineEnvironment(
  machine: Record<string, string | undefined>,
  compileCache: string,
): Record<string, string> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = machine[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(passedOn), NODE_COMPILE_CACHE: compileCache }
}
