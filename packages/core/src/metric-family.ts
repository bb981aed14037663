/** The program that exports a metric. */
export type MetricSource = 'pod' | 'api'

interface MetricBase {
  readonly source: MetricSource
  readonly unit: 'seconds' | 'bytes' | 'ratio' | 'per second' | 'count' | 'boolean' | 'unix seconds'
  readonly help: string
  /** Each label with every value that it can have. No label has a value from outside this table. */
  readonly labels?: Readonly<Record<string, readonly string[]>>
}

/**
 * A family of time series with one name. A counter's name ends in `_total`. A histogram exports `<name>_bucket`, with the
 * additional label `le`, `<name>_sum` and `<name>_count`.
 */
export type MetricFamily =
  | (MetricBase & { readonly type: 'counter' | 'gauge' })
  | (MetricBase & {
      readonly type: 'histogram'
      readonly unit: 'seconds'
      /** Upper bounds in seconds, ascending, without +Inf. */
      readonly buckets: readonly number[]
    })

/** Media type of the text that `open-metrics.ts` writes. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
