import type { Metric } from '../../packages/functions/src/lib/metrics.ts'
import { MIN_CLAIMS } from './thresholds.ts'

/** Returns the CloudWatch namespace of the functions' own metrics (packages/functions/src/lib/metrics.ts). */
export function metricsNamespace(): string {
  return `${$app.name}-${$app.stage}`
}

interface Query {
  readonly id: string
  /** Summed over the period. Unset for an expression. */
  readonly metric?: Metric
  readonly expression?: string
}

/**
 * Metric math for the share of claims without a warm pod, 0 to 100 %. The last query is the result.
 * The alarm and the dashboard both use it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export const COLD_SHARE: readonly Query[] = [
  { id: 'warm', metric: 'ClaimsWarm' },
  { id: 'cold', metric: 'ClaimsCold' },
  { id: 'refused', metric: 'ClaimsRefused' },
  { id: 'without', expression: 'FILL(cold, 0) + FILL(refused, 0)' },
  { id: 'claims', expression: 'FILL(warm, 0) + without' },
  { id: 'share', expression: `IF(claims >= ${MIN_CLAIMS}, 100 * without / claims, 0)` },
]
