/** The content of a Grafana board, before Grafana's own format. grafana.ts writes that. */
import type { RunbookSection } from './runbook.ts'

/** The form of a panel. `stat`: the present value. `table`: one row for each series. */
export type PanelKind = 'stat' | 'graph' | 'stacked' | 'table'

/** A unit of Grafana. https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
export type Unit =
  | 'short'
  | 's'
  | 'percentunit'
  | 'bytes'
  | 'Bps'
  | 'cps'
  | 'reqps'
  | 'ms'
  | 'dateTimeFromNow'

export interface PromQuery {
  /** PromQL. `$namespace` selects the installation. `$__rate_interval` and `$__range` are Grafana's. */
  readonly expr: string
  /** The name of a line. `{{label}}` inserts the label of the series. */
  readonly legend: string
  /**
   * The query returns no series until such an event happens. The labels are still checked then. Every other query must return data on
   * a system that a visitor used.
   */
  readonly mayBeEmpty?: true
}

/** A query of CloudWatch, for stages on AWS. */
export interface CloudWatchQuery {
  readonly legend: string
  /** `$stage` selects the stage. */
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly statistic: 'Sum' | 'Average' | 'Maximum' | 'SampleCount' | 'p50' | 'p95' | 'p99'
}

interface PanelBase {
  readonly title: string
  /** The question that the panel answers, and how to read it. */
  readonly description: string
  readonly kind: PanelKind
  readonly unit: Unit
  /** Columns of 24. */
  readonly width: number
  /** The section of docs/operations.md that a reader of a bad value needs. */
  readonly runbook?: RunbookSection
  /** The highest value of the axis, such as 1 for a share. */
  readonly max?: number
}

export interface PromPanel extends PanelBase {
  readonly queries: readonly PromQuery[]
}

export interface CloudWatchPanel extends PanelBase {
  readonly cloudwatch: readonly CloudWatchQuery[]
}

export type Panel = PromPanel | CloudWatchPanel

export interface Board {
  /** Also the name of the file. */
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[]
  /** The span that the board shows first. */
  readonly from: `now-${number}${'m' | 'h' | 'd'}`
}

/** Every panel of a board that asks Prometheus. */
export function promPanels({ rows }: Board): PromPanel[] {
  return rows.flatMap(({ panels }) => panels.filter((panel): panel is PromPanel => 'queries' in panel))
}

/** Every panel of a board that asks CloudWatch. */
export function cloudWatchPanels({ rows }: Board): CloudWatchPanel[] {
  return rows.flatMap(({ panels }) =>
    panels.filter((panel): panel is CloudWatchPanel => 'cloudwatch' in panel),
  )
}

/** Returns the queries for the median and the 95th percentile of a histogram. The window is an hour, because claims are rare. */
export function spread(histogram: string, label: string, window = '1h'): PromQuery[] {
  return ([0.5, 0.95] as const).map((share) => ({
    expr: quantile(share, histogram, window),
    legend: `${label}, p${share * 100}`,
  }))
}

/** Returns the expression of a quantile (0..1) over a window, of all instances together. */
export function quantile(share: number, histogram: string, window = '1h'): string {
  return `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket{namespace="$namespace"}[${window}])))`
}
