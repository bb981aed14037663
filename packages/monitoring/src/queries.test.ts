import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { METRIC_FAMILIES, type MetricName } from '@warm-pods/core/metrics.ts'
import { METRICS } from '@warm-pods/functions/lib/metrics.ts'
import { describe, expect, it } from 'vitest'
import { ALERT_NAMES } from './alert-names.ts'
import { ALERTS, alerts, expressionOf } from './alerts.ts'
import { type Board, cloudWatchPanels, promPanels } from './board.ts'
import { BOARDS } from './boards/boards.ts'
import { dashboardQueries, datadogMonitors, datadogName } from './datadog.ts'
import { groupingLabels, selectorsOf } from './expression.ts'
import { knownSeries } from './metric-sources.ts'
import { prometheusRule } from './prometheus-rules.ts'
import { runbookUrl } from './runbook.ts'
import { SCRAPE_JOBS } from './scrape-jobs.ts'

const OPERATIONS = readFileSync(
  fileURLToPath(new URL('../../../docs/operations.md', import.meta.url)),
  'utf8',
)
const headings = [...OPERATIONS.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading)

const panels = BOARDS.flatMap((board) => promPanels(board).map((panel) => ({ board, panel })))
const queries = [
  ...panels.flatMap(({ board, panel }) =>
    panel.queries.map(({ expr, legend }) => ({ where: `${board.uid}, ${panel.title}`, expr, legend })),
  ),
  ...alerts().map((alert) => ({ where: alert.name, expr: expressionOf(alert), legend: '' })),
]

describe.each(queries)('the query of $where: $expr', ({ expr, legend }) => {
  it('uses series that exist, with labels and values that exist', () => {
    const selectors = selectorsOf(expr)
    expect(selectors.length + Number(expr.includes('vector('))).toBeGreaterThan(0)
    for (const { matchers, name } of selectors) {
      const known = knownSeries(name)
      expect(known, `no program exports ${name}`).toBeDefined()
      for (const { label, operator, value } of matchers) {
        expect([...(known?.labels.keys() ?? [])]).toContain(label)
        const values = known?.labels.get(label)
        if (!values || value.startsWith('$')) continue
        for (const one of operator.includes('~') ? value.split('|') : [value]) expect(values).toContain(one)
      }
    }
  })

  it('groups by labels that a series has, and names lines by labels that are left', () => {
    const labels = new Set(
      selectorsOf(expr).flatMap(({ name }) => [...(knownSeries(name)?.labels.keys() ?? [])]),
    )
    for (const label of groupingLabels(expr)) expect([...labels]).toContain(label)
    for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
      expect(groupingLabels(expr)).toContain(label)
  })
})

it('reads metrics of a process from the pods alone, since every exporter has them', () => {
  const processes = queries
    .flatMap(({ expr }) => selectorsOf(expr))
    .filter(({ name }) => name.startsWith('process_'))
  expect(processes.length).toBeGreaterThan(0)
  for (const { matchers } of processes)
    expect(matchers).toContainEqual({ label: 'job', operator: '=', value: SCRAPE_JOBS.pods })
})

it('uses every metric of the table in a panel or an alert', () => {
  const used = new Set(
    queries.flatMap(({ expr }) => selectorsOf(expr).map(({ name }) => knownSeries(name)?.family)),
  )
  expect(Object.keys(METRIC_FAMILIES).filter((name) => !used.has(name as MetricName))).toEqual([])
})

it('recognises a metric that does not exist, and a wrong label value', () => {
  expect(knownSeries('warm_pods_slot')).toBeUndefined()
  expect(knownSeries('warm_pods_claim_seconds')).toBeUndefined()
  expect(
    selectorsOf('sum by (state) (rate(a{x="1",y=~"b|c"}[5m])) / on (z) group_left (w) d offset 5m and e'),
  ).toEqual([
    {
      name: 'a',
      matchers: [
        { label: 'x', operator: '=', value: '1' },
        { label: 'y', operator: '=~', value: 'b|c' },
      ],
    },
    { name: 'd', matchers: [] },
    { name: 'e', matchers: [] },
  ])
})

describe.each(BOARDS)('the board $uid', (board: Board) => {
  it('has rows of 24 columns, and a description and a title of its own for each panel', () => {
    for (const { panels } of board.rows) {
      const width = panels.reduce((sum, panel) => sum + panel.width, 0)
      expect(width % 24).toBe(0)
    }
    const titles = board.rows.flatMap(({ panels }) => panels.map(({ title }) => title))
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('asks CloudWatch for metrics that AWS or the functions publish', () => {
    for (const { cloudwatch } of cloudWatchPanels(board))
      for (const { dimensions, metric, namespace } of cloudwatch) {
        if (namespace === 'warm-pods-$stage') {
          expect(Object.keys(METRICS)).toContain(metric)
          expect(dimensions).toEqual({})
        } else expect(AWS_METRICS[namespace]).toContain(metric)
      }
  })
})

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html */
const AWS_METRICS: Readonly<Record<string, readonly string[]>> = {
  'AWS/DynamoDB': ['SuccessfulRequestLatency', 'ThrottledRequests'],
  'AWS/Lambda': ['Throttles'],
  'AWS/EKS': ['apiserver_request_total_429'],
}

describe('the runbook', () => {
  it('has a section for each alert, and for each link of a panel', () => {
    const linked = BOARDS.flatMap(({ rows }) =>
      rows.flatMap(({ panels }) => panels.map(({ runbook }) => runbook)),
    )
    for (const section of [...ALERT_NAMES, ...linked]) if (section) expect(headings).toContain(section)
    expect(runbookUrl('When something is wrong')).toMatch(/docs\/operations\.md#when-something-is-wrong$/)
  })

  it('is linked from each rule', () => {
    for (const name of ALERT_NAMES)
      expect(JSON.stringify(prometheusRule())).toContain(`#${name.toLowerCase()}"`)
  })
})

describe('an alert', () => {
  it('about the silence of refill waits longer than its schedule and a reconciliation', () => {
    const [{ limit }] = ALERTS.WarmPodsRefillSilent.when
    expect(limit).toBeGreaterThan((2 * LIMITS.refillEveryMs + LIMITS.refillRunMs) / 1_000)
  })
})

describe('Datadog', () => {
  const names = new Set(
    (Object.keys(METRIC_FAMILIES) as MetricName[]).flatMap((name) => [
      datadogName(name),
      datadogName(name, 'sum'),
      datadogName(name, 'count'),
    ]),
  )
  const metricsOf = (query: string) =>
    [...query.matchAll(/(?:sum|max|min|avg):([\w.]+)\{/g)].map(([, name]) => name)

  it.each([...dashboardQueries(), ...datadogMonitors().map(({ query }) => query)])(
    'knows the metrics of %s',
    (query) => {
      expect(metricsOf(query).length).toBeGreaterThan(0)
      for (const name of metricsOf(query)) expect([...names]).toContain(name)
    },
  )

  it('shows every metric of the table', () => {
    const shown = new Set(dashboardQueries().flatMap(metricsOf))
    const missing = (Object.keys(METRIC_FAMILIES) as MetricName[]).filter(
      (name) => !shown.has(datadogName(name)),
    )
    expect(missing).toEqual([])
  })

  it('has a monitor with a runbook link for each alert', () => {
    for (const [index, name] of ALERT_NAMES.entries())
      expect(datadogMonitors()[index]).toMatchObject({
        name,
        message: expect.stringContaining(runbookUrl(name)),
      })
  })
})
