/** The metrics of the functions with their units. Alarms and the dashboard (stacks/) use no others. */
export const METRICS = {
  /** Warm slots in the last snapshot of a refill invocation. */
  WarmPods: 'Count',
  /** Duration of a refill invocation. */
  RefillMs: 'Milliseconds',
  /** Duration of a claim in the API, refused claims included. */
  ClaimMs: 'Milliseconds',
  /** Sessions with a warm pod, sessions whose cold start succeeded, and claims that got neither. */
  ClaimsWarm: 'Count',
  ClaimsCold: 'Count',
  ClaimsRefused: 'Count',
  Kills: 'Count',
  Failovers: 'Count',
  /** From the request for a warm Job to its pod Ready. */
  PodStartMs: 'Milliseconds',
  /** From a pod's death to the Ready pod that replaced it in its Job. */
  HealMs: 'Milliseconds',
  /** From a kill to the first pong of the next pod, measured by the visitor's page. */
  FailoverMs: 'Milliseconds',
} as const

export type Metric = keyof typeof METRICS
export type Measured = Partial<Record<Metric, number>>

/**
 * The fields that add metrics to a log line. CloudWatch extracts them, so no request is made.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * AWS Lambda Powertools' writer would exceed the size budget of the Lambda's entry (docs/adr/0018).
 * @param atMs wall clock, ms since 1970.
 */
export function embedded(namespace: string, measured: Measured, atMs: number): Record<string, unknown> {
  const names = Object.keys(measured) as Metric[] // Object.keys only loses the type.
  if (namespace === '' || names.length === 0) return {}
  const Metrics = names.map((Name) => ({ Name, Unit: METRICS[Name] }))
  return {
    ...measured,
    // One empty set of dimensions: the namespace belongs to one stage.
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics }],
    },
  }
}
