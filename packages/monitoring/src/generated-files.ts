/** The files below k8s/monitoring that are made from this package. */
import { dump } from 'js-yaml'
import { BOARDS } from './boards/boards.ts'
import { datadogDashboard, datadogMonitors } from './datadog.ts'
import { grafanaBoard } from './grafana.ts'
import { prometheusRule } from './prometheus-rules.ts'

/** Returns each file's text by its path below k8s/monitoring. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const head = '# Generated from packages/monitoring/src/alerts.ts.\n'
  return {
    'prometheus/rules.yaml':
      head + dump(prometheusRule(), { lineWidth: 140, noRefs: true, quoteStyle: 'double' }),
    'datadog/dashboard.json': json(datadogDashboard()),
    'datadog/monitors.json': json(datadogMonitors()),
    ...Object.fromEntries(
      BOARDS.map((board) => [`grafana/boards/${board.uid}.json`, json(grafanaBoard(board))]),
    ),
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
