/** Writes a board as Grafana's JSON. https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
import * as cloudwatch from '@grafana/grafana-foundation-sdk/cloudwatch'
import * as common from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as table from '@grafana/grafana-foundation-sdk/table'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import type { Board, CloudWatchQuery, Panel, PromQuery } from './board.ts'
import { runbookUrl } from './runbook.ts'

/** Rows of the grid that a panel takes. */
const HEIGHT = { stat: 4, graph: 8, stacked: 8, table: 8 } as const
const PROMETHEUS = { type: 'prometheus', uid: '$prometheus' }
const CLOUDWATCH = { type: 'cloudwatch', uid: '$cloudwatch' }
const TAG = 'warm-pods'

/** Returns the JSON model of a board. Grafana's variables choose the data sources, the namespace and the stage. */
export function grafanaBoard(board: Board): object {
  const dashboard = new DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags([TAG])
    .time({ from: board.from, to: 'now' })
    .refresh('10s')
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Warm Pods')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(false)
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(new DatasourceVariableBuilder('prometheus').label('Prometheus').type('prometheus'))
    .withVariable(new TextBoxVariableBuilder('namespace').label('Namespace').defaultValue('warm-pods'))
  if (asksCloudWatch(board))
    dashboard
      .withVariable(new DatasourceVariableBuilder('cloudwatch').label('CloudWatch').type('cloudwatch'))
      .withVariable(new TextBoxVariableBuilder('stage').label('Stage').defaultValue('production'))
  let id = 0
  for (const row of board.rows) {
    id += 1
    dashboard.withRow(new RowBuilder(row.title).id(id))
    for (const panel of row.panels) {
      id += 1
      dashboard.withPanel(panelBuilder(panel).id(id))
    }
  }
  return dashboard.build()
}

function asksCloudWatch({ rows }: Board): boolean {
  return rows.some(({ panels }) => panels.some((panel) => 'cloudwatch' in panel))
}

function panelBuilder(panel: Panel) {
  const builder = visualization(panel)
    .title(panel.title)
    .description(panel.description)
    .span(panel.width)
    .height(HEIGHT[panel.kind])
    .unit(panel.unit)
  if (panel.unit !== 's' || panel.kind !== 'stat') builder.min(0)
  if (panel.max !== undefined) builder.max(panel.max)
  if (panel.runbook)
    builder.links([
      new DashboardLinkBuilder(`Runbook: ${panel.runbook}`)
        .type(DashboardLinkType.Link)
        .url(runbookUrl(panel.runbook))
        .targetBlank(true),
    ])
  if ('queries' in panel) {
    builder.datasource(PROMETHEUS)
    for (const [index, query] of panel.queries.entries())
      builder.withTarget(promTarget(query, refId(index), panel.kind !== 'graph' && panel.kind !== 'stacked'))
  } else {
    builder.datasource(CLOUDWATCH)
    for (const [index, query] of panel.cloudwatch.entries())
      builder.withTarget(cloudWatchTarget(query, refId(index)))
  }
  return builder
}

function visualization({ kind }: Panel) {
  switch (kind) {
    case 'stat':
      return new stat.PanelBuilder()
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
        .colorMode(common.BigValueColorMode.None)
        .graphMode(common.BigValueGraphMode.None)
    case 'table':
      return new table.PanelBuilder()
    case 'graph':
      return graph()
    case 'stacked':
      return graph()
        .fillOpacity(30)
        .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal))
    default:
      return kind satisfies never
  }
}

function graph() {
  return new timeseries.PanelBuilder()
    .lineWidth(1)
    .showPoints(common.VisibilityMode.Auto)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    )
}

function promTarget({ expr, legend }: PromQuery, id: string, isInstant: boolean) {
  const query = new prometheus.DataqueryBuilder()
    .datasource(PROMETHEUS)
    .expr(expr)
    .legendFormat(legend)
    .refId(id)
  return isInstant ? query.instant() : query.range()
}

function cloudWatchTarget(query: CloudWatchQuery, id: string) {
  return new cloudwatch.MetricsQueryBuilder()
    .datasource(CLOUDWATCH)
    .queryMode(cloudwatch.QueryMode.Metrics)
    .metricQueryType(cloudwatch.MetricQueryType.Search)
    .metricEditorMode(cloudwatch.MetricEditorMode.Builder)
    .region('default')
    .namespace(query.namespace)
    .metricName(query.metric)
    .dimensions(query.dimensions)
    .matchExact(true)
    .statistic(query.statistic)
    .period('')
    .label(query.legend)
    .refId(id)
}

/** A, B, C … */
function refId(index: number): string {
  return String.fromCharCode(65 + index)
}
