import { expect, it } from 'vitest'
import type { MetricFamily } from './metric-family.ts'
import { METRIC_FAMILIES } from './metrics.ts'
import { openMetricsWriter } from './open-metrics.ts'

const FAMILIES = {
  app_requests_total: {
    source: 'api',
    type: 'counter',
    unit: 'count',
    help: 'Requests.',
    labels: { code: ['ok', 'bad'] },
  },
  app_share_ratio: { source: 'api', type: 'gauge', unit: 'ratio', help: 'Share.' },
  app_wait_seconds: { source: 'pod', type: 'histogram', unit: 'seconds', help: 'Wait.', buckets: [0.25, 1] },
} as const satisfies Record<string, MetricFamily>

it('writes the text of OpenMetrics 1.0', () => {
  const text = openMetricsWriter(FAMILIES)({
    app_requests_total: { ok: 3, bad: 0 },
    app_share_ratio: Number.NaN,
    app_wait_seconds: { counts: [2, 1, 4], sum: 9.5 },
  })
  expect(text).toBe(`# TYPE app_requests counter
# HELP app_requests Requests.
app_requests_total{code="ok"} 3
app_requests_total{code="bad"} 0
# TYPE app_share_ratio gauge
# UNIT app_share_ratio ratio
# HELP app_share_ratio Share.
app_share_ratio NaN
# TYPE app_wait_seconds histogram
# UNIT app_wait_seconds seconds
# HELP app_wait_seconds Wait.
app_wait_seconds_bucket{le="0.25"} 2
app_wait_seconds_bucket{le="1.0"} 3
app_wait_seconds_bucket{le="+Inf"} 7
app_wait_seconds_sum 9.5
app_wait_seconds_count 7
# EOF
`)
})

it('has no metric with more than one label, and none whose text would need escaping', () => {
  for (const family of Object.values<MetricFamily>(METRIC_FAMILIES)) {
    expect(Object.keys(family.labels ?? {}).length).toBeLessThan(2)
    expect(family.help).not.toMatch(/[\\"\n]/)
  }
})
