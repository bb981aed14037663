/** Every metric that the functions emit, with its unit. Alarms and the dashboard (stacks/) may ask for these alone. */
export const METRICS = {
  /** Slots that stood warm when a run of refill looked last. */
  WarmPods: 'Count',
  /** How long a run of refill stayed. */
  RefillMs: 'Milliseconds',
  /** A claim's time in the API, whatever came of it. */
  ClaimMs: 'Milliseconds',
  /** Sessions given a warm pod; those whose cold start came to a pod; claims refused for want of either. */
  ClaimsWarm: 'Count',
  ClaimsCold: 'Count',
  ClaimsRefused: 'Count',
  Kills: 'Count',
  Failovers: 'Count',
  /** From asking for a warm Job to its pod being Ready. */
  PodStartMs: 'Milliseconds',
  /** From a kill to the Ready pod that Kubernetes put in its place. */
  HealMs: 'Milliseconds',
  /** From leaving a pod to the first pong of the next, by the visitor's own page. */
  FailoverMs: 'Milliseconds',
} as const

export type Metric = keyof typeof METRICS
export type Measured = Partial<Record<Metric, number>>

/**
 * The fields that make a log line carry metrics: CloudWatch reads them out of it, and no call is made.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * Of our own, because AWS Lambda Powertools' writer alone would not fit into the budget of the entry (docs/adr/0018).
 * @param atMs wall clock, ms since 1970.
 */
export function embedded(namespace: string, measured: Measured, atMs: number): Record<string, unknown> {
  const names = Object.keys(measured) as Metric[] // Of Object.keys all that is lost is the type.
  if (namespace === '' || names.length === 0) return {}
  const Metrics = names.map((Name) => ({ Name, Unit: METRICS[Name] }))
  return {
    ...measured,
    // One set of dimensions, with none in it: the namespace is the stage's own.
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics }],
    },
  }
}
