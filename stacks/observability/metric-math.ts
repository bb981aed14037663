import type { Metric } from '../../packages/functions/src/lib/metrics.ts'

/** CloudWatch namespace of the stage's own metrics, which the functions' logs carry (packages/functions/src/lib/metrics.ts). */
export function metricsNamespace(): string {
  return `${$app.name}-${$app.stage}`
}

interface Query {
  readonly id: string
  /** Summed over the period. */
  readonly metric?: Metric
  readonly expression?: string
}

/** Fewer claims than this in a period tell nothing: one visitor on an empty pool is not a trend. */
const ENOUGH_CLAIMS = 5

/**
 * The share of claims that found no warm pod, in percent: metric math, for an alarm and for the dashboard. The last is the result.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export const COLD_SHARE: readonly Query[] = [
  { id: 'warm', metric: 'ClaimsWarm' },
  { id: 'cold', metric: 'ClaimsCold' },
  { id: 'refused', metric: 'ClaimsRefused' },
  { id: 'without', expression: 'FILL(cold, 0) + FILL(refused, 0)' },
  { id: 'claims', expression: 'FILL(warm, 0) + without' },
  { id: 'share', expression: `IF(claims >= ${ENOUGH_CLAIMS}, 100 * without / claims, 0)` },
]
