/** The names that the services and the functions' `config.ts` must agree on. */
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
  /** Empty for a service that invokes no function. */
  readonly lambda: string
}

/** The facts about the cluster in the functions' environment. */
export interface ClusterEnvironment {
  readonly name: string
  readonly region: string
  readonly image: string
  readonly namespace: string
  /** The pods open a port for Prometheus. */
  readonly podMetrics?: boolean
  /** The bearer token of the API server. Empty for an API server without authentication. */
  readonly token: string
}

/** The cluster that `npm start` runs on this machine. */
export const LOCAL_CLUSTER: ClusterEnvironment = {
  name: NAMES.cluster,
  region: 'local',
  image: NAMES.image,
  namespace: NAMES.namespace,
  podMetrics: true,
  token: '',
}

/**
 * The variables of this process that the services inherit. All others are left out. LIMITS overrides values of the limits
 * table, as it does in a deployed stage.
 */
const INHERITED_VARIABLES = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_OPTIONS', 'LIMITS'] as const

/**
 * Returns the environment of the Lambda functions. It has the variables of a deployed stage, with endpoints of this machine.
 * @param machine from {@link machineEnvironment}.
 */
export function functionEnvironment(
  endpoints: Endpoints,
  machine: Record<string, string>,
  cluster: ClusterEnvironment = LOCAL_CLUSTER,
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
    POD_METRICS: cluster.podMetrics ? 'on' : '',
    GATEWAY_URL: '',
    GATEWAY_CHECK_URL: endpoints.site,
    SITE_ORIGIN: endpoints.site,
  }
}

/**
 * Returns the environment of every service. It contains nothing that could reach a real AWS account or cluster.
 * @param machine the environment of this process.
 * @param compileCache the folder of Node's compile cache, absolute. A service whose code is in the cache starts faster and
 *   saves the 25 MB of memory that compiling TypeScript takes.
 */
export function machineEnvironment(
  machine: Record<string, string | undefined>,
  compileCache: string,
): Record<string, string> {
  const inherited = INHERITED_VARIABLES.flatMap((name) => {
    const value = machine[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: compileCache }
}
