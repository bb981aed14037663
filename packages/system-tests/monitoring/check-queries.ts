/** Runs every query of every panel, and every expression of every alert. */
import { alerts, expressionOf } from '@warm-pods/monitoring/alerts.ts'
import { cloudWatchPanels, promPanels } from '@warm-pods/monitoring/board.ts'
import { BOARDS } from '@warm-pods/monitoring/boards/boards.ts'
import { selectorsOf } from '@warm-pods/monitoring/expression.ts'
import { knownSeries, type MetricSource } from '@warm-pods/monitoring/metric-sources.ts'
import { query, type Sample } from './prometheus-api.ts'

/** One line of the table of queries. */
export interface QueryResult {
  readonly where: string
  readonly legend: string
  /** Undefined for a query whose program does not run here. */
  readonly series: number | undefined
  readonly problem: string | undefined
}

interface Question {
  readonly where: string
  readonly legend: string
  readonly expr: string
  readonly mayBeEmpty?: true
}

/** The values that Grafana's variables get. The spans are shorter than the visit's, so that each rate has two samples. */
const VARIABLES: readonly (readonly [name: string, value: string])[] = [
  ['$namespace', 'warm-pods'],
  ['$__rate_interval', '1m'],
  ['$__range', '15m'],
]

/**
 * Returns a line for each query.
 * @param sources the programs that Prometheus reads here.
 */
export async function checkQueries(
  prometheus: string,
  sources: ReadonlySet<MetricSource>,
): Promise<QueryResult[]> {
  const results: QueryResult[] = []
  for (const question of questions()) {
    const { legend, where } = question
    const missing = sourcesOf(question.expr).find((source) => !sources.has(source))
    if (missing) results.push({ where, legend, series: undefined, problem: undefined })
    else {
      const samples = await query(prometheus, withValues(question.expr))
      results.push({ where, legend, series: samples.length, problem: problemOf(question, samples) })
    }
  }
  return results
}

/** Counts the panels that ask CloudWatch, which this command does not run. */
export function cloudWatchCount(): number {
  return BOARDS.reduce((sum, board) => sum + cloudWatchPanels(board).length, 0)
}

function questions(): Question[] {
  const panels = BOARDS.flatMap((board) =>
    promPanels(board).flatMap(({ queries, title }) =>
      queries.map(
        (one): Question => ({ where: `${board.title.replace('Warm Pods: ', '')} › ${title}`, ...one }),
      ),
    ),
  )
  const measures = alerts().flatMap((alert) => [
    ...alert.when.map(({ measure }): Question => ({ where: alert.name, legend: 'measure', expr: measure })),
    // Empty while the alert is silent.
    { where: alert.name, legend: 'condition', expr: expressionOf(alert), mayBeEmpty: true } as const,
  ])
  return [...panels, ...measures]
}

function sourcesOf(expression: string): MetricSource[] {
  return selectorsOf(expression).flatMap(({ matchers, name }) => {
    // `up` of a program that does not run here has no series.
    const isGateway = matchers.some(({ label, value }) => label === 'job' && value === 'warm-pods-gateway')
    const source = isGateway ? 'nginx-exporter' : knownSeries(name)?.source
    return source ? [source] : []
  })
}

function withValues(expression: string): string {
  return VARIABLES.reduce((text, [name, value]) => text.replaceAll(name, value), expression)
}

function problemOf({ legend, mayBeEmpty }: Question, samples: readonly Sample[]): string | undefined {
  if (samples.length === 0) return mayBeEmpty ? undefined : 'no data'
  const labels = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
  const lacking = labels.find((label) => samples.some((sample) => sample.labels[label] === undefined))
  if (lacking) return `a series without the label ${lacking}`
  if (labels.length === 0 && legend !== 'measure' && legend !== 'condition' && samples.length > 1)
    return `${samples.length} series for one line`
  const odd = samples.find(({ value }) => !Number.isFinite(value))
  return odd && `the value ${odd.value} ${JSON.stringify(odd.labels)}`
}
