/** The one place that reads the environment. A missing or malformed value fails at start and is named. */
import { LIMITS, type Limits, limitsWith } from '@warm-pods/core/limits.ts'
import * as v from 'valibot'

const Text = v.pipe(v.string(), v.nonEmpty())
const OptionalUrl = v.optional(v.union([v.literal(''), v.pipe(v.string(), v.url())]), '')

const Numbers = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.number()))

/** Exported for the tests of the stacks, which compare it with the variables that they set. */
export const Environment = v.object({
  AWS_REGION: Text,
  POOL_TABLE: Text,
  SESSIONS_TABLE: Text,
  /** URL of a DynamoDB other than the region's. */
  DYNAMODB_ENDPOINT: OptionalUrl,
  REFILL_FUNCTION: Text,
  LAMBDA_ENDPOINT: OptionalUrl,
  /** URL of the API server; empty asks EKS for the endpoint and the CA of EKS_CLUSTER. */
  KUBERNETES_ENDPOINT: OptionalUrl,
  /** CA of KUBERNETES_ENDPOINT: PEM, base64-encoded. Empty for plain HTTP. */
  KUBERNETES_CA: v.optional(v.string(), ''),
  /** A bearer token that never expires. */
  KUBERNETES_TOKEN: v.optional(v.string(), ''),
  /** Name of the EKS cluster. Without KUBERNETES_TOKEN, tokens for it are made from the role's credentials. */
  EKS_CLUSTER: v.optional(v.string(), ''),
  CLUSTER_NAME: Text,
  /** Region of the cluster, if it differs from the functions' region. */
  CLUSTER_REGION: v.optional(v.string(), ''),
  NAMESPACE: Text,
  IMAGE: Text,
  /** Origin of the gateway (`wss://…`); empty when it shares the API's origin. */
  GATEWAY_URL: v.optional(v.string(), ''),
  /** URL at which the functions themselves reach the gateway; empty takes GATEWAY_URL. */
  GATEWAY_CHECK_URL: OptionalUrl,
  SITE_ORIGIN: Text,
  /** JSON object: the limits that this stage overrides. */
  LIMITS: v.optional(v.string(), '{}'),
  /** `on` makes the pods open a port for Prometheus. */
  POD_METRICS: v.optional(v.picklist(['', 'on', 'datadog']), ''),
  /** CloudWatch namespace of the metrics in the log; empty writes no metrics. */
  METRICS_NAMESPACE: v.optional(v.string(), ''),
})

/** The environment of a stage that is asleep. */
const AsleepEnvironment = v.pick(Environment, ['SITE_ORIGIN'])

export interface KubernetesConfig {
  /** Empty when EKS must be asked for it. */
  readonly endpoint: string
  /** PEM, base64-encoded; empty for plain HTTP. */
  readonly ca: string
  readonly token: string
  readonly eksCluster: string
}

export interface Config {
  readonly region: string
  readonly tables: { readonly pool: string; readonly sessions: string }
  readonly dynamodbEndpoint: string
  readonly refillFunction: string
  readonly lambdaEndpoint: string
  readonly kubernetes: KubernetesConfig
  readonly clusterName: string
  readonly clusterRegion: string
  readonly namespace: string
  readonly image: string
  /** `on`: the pods open a port for metrics. `datadog`: they also have the annotations of Datadog's agents. */
  readonly podMetrics?: '' | 'on' | 'datadog'
  readonly gatewayUrl: string
  /** URL at which the functions check the gateway; empty when they know none, so that they check nothing. */
  readonly gatewayCheckUrl: string
  readonly siteOrigin: string
  readonly metricsNamespace: string
  readonly limits: Limits
  /** The overrides alone, which the pods get too. */
  readonly limitOverrides: Partial<Limits>
}

/**
 * @throws Error naming every variable that is missing or malformed.
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const env = parse(Environment, environment)
  if (env.KUBERNETES_ENDPOINT === '' && env.EKS_CLUSTER === '')
    throw new Error('Environment: set KUBERNETES_ENDPOINT, or EKS_CLUSTER to ask EKS for the endpoint.')
  const limitOverrides = parseLimits(env.LIMITS)
  return {
    region: env.AWS_REGION,
    tables: { pool: env.POOL_TABLE, sessions: env.SESSIONS_TABLE },
    dynamodbEndpoint: env.DYNAMODB_ENDPOINT,
    refillFunction: env.REFILL_FUNCTION,
    lambdaEndpoint: env.LAMBDA_ENDPOINT,
    kubernetes: {
      endpoint: env.KUBERNETES_ENDPOINT,
      ca: env.KUBERNETES_CA,
      token: env.KUBERNETES_TOKEN,
      eksCluster: env.EKS_CLUSTER,
    },
    clusterName: env.CLUSTER_NAME,
    clusterRegion: env.CLUSTER_REGION || env.AWS_REGION,
    namespace: env.NAMESPACE,
    image: env.IMAGE,
    podMetrics: env.POD_METRICS,
    gatewayUrl: env.GATEWAY_URL,
    gatewayCheckUrl: env.GATEWAY_CHECK_URL || env.GATEWAY_URL,
    siteOrigin: env.SITE_ORIGIN,
    metricsNamespace: env.METRICS_NAMESPACE,
    limits: limitsWith(limitOverrides),
    limitOverrides,
  }
}

/**
 * The configuration of a stage that is asleep.
 * @throws Error naming SITE_ORIGIN when it is missing.
 */
export function readAsleepConfig(
  environment: Record<string, string | undefined>,
): Pick<Config, 'siteOrigin'> {
  return { siteOrigin: parse(AsleepEnvironment, environment).SITE_ORIGIN }
}

function parse<T extends v.GenericSchema>(schema: T, environment: unknown): v.InferOutput<T> {
  const parsed = v.safeParse(schema, environment)
  if (parsed.success) return parsed.output
  const names = parsed.issues.map((issue) => `${v.getDotPath(issue)} (${issue.message})`)
  throw new Error(`The environment lacks: ${names.join(', ')}.`)
}

function parseLimits(json: string): Partial<Limits> {
  const parsed = v.safeParse(Numbers, json)
  if (!parsed.success) throw new Error('LIMITS must be a JSON object of numbers.')
  const unknown = Object.keys(parsed.output).filter((name) => !(name in LIMITS))
  if (unknown.length > 0) throw new Error(`LIMITS names what is no limit: ${unknown.join(', ')}.`)
  return parsed.output
}
