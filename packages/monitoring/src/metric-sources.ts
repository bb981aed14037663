/** Every metric that a query may use, by the program that exports it. */
import { METRIC_FAMILIES, type MetricName, seriesNames } from '@warm-pods/core/metrics.ts'

export type MetricSource =
  | 'pods'
  | 'api'
  | 'prometheus'
  | 'kube-state-metrics'
  | 'nginx-exporter'
  | 'api-server'

/** Metrics of other programs, with the labels that queries may name. A scrape adds `namespace`, `pod`, `job` and `instance`. */
const FOREIGN: Readonly<
  Record<string, { readonly source: MetricSource; readonly labels: readonly string[] }>
> = {
  // https://prometheus.io/docs/concepts/jobs_instances/ and the series that Prometheus writes for alerts.
  up: { source: 'prometheus', labels: [] },
  ALERTS: { source: 'prometheus', labels: ['alertname', 'alertstate', 'severity'] },
  // https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics
  kube_job_status_active: { source: 'kube-state-metrics', labels: ['job_name'] },
  kube_job_status_failed: { source: 'kube-state-metrics', labels: ['job_name', 'reason'] },
  kube_node_status_condition: { source: 'kube-state-metrics', labels: ['node', 'condition', 'status'] },
  kube_pod_container_status_restarts_total: { source: 'kube-state-metrics', labels: ['container'] },
  kube_pod_container_status_waiting_reason: { source: 'kube-state-metrics', labels: ['container', 'reason'] },
  kube_pod_created: { source: 'kube-state-metrics', labels: [] },
  kube_pod_status_phase: { source: 'kube-state-metrics', labels: ['phase'] },
  kube_pod_status_unschedulable: { source: 'kube-state-metrics', labels: [] },
  kube_resourcequota: { source: 'kube-state-metrics', labels: ['resourcequota', 'resource', 'type'] },
  // https://github.com/nginx/nginx-prometheus-exporter#exported-metrics
  nginx_connections_accepted: { source: 'nginx-exporter', labels: [] },
  nginx_connections_active: { source: 'nginx-exporter', labels: [] },
  nginx_connections_handled: { source: 'nginx-exporter', labels: [] },
  nginx_http_requests_total: { source: 'nginx-exporter', labels: [] },
  // https://kubernetes.io/docs/reference/instrumentation/metrics/
  apiserver_request_duration_seconds_bucket: {
    source: 'api-server',
    labels: ['le', 'verb', 'group', 'resource', 'scope', 'subresource'],
  },
  apiserver_request_total: {
    source: 'api-server',
    labels: ['verb', 'group', 'resource', 'code', 'subresource'],
  },
}

const TARGET_LABELS = ['namespace', 'pod', 'job', 'instance']

/** A series name that a query may contain. */
export interface KnownSeries {
  readonly source: MetricSource
  /** The family of our own table. */
  readonly family?: MetricName
  /** Allowed labels. An array of values allows only these. */
  readonly labels: ReadonlyMap<string, readonly string[] | undefined>
}

/** Returns source and labels of a series by its name in a query; undefined for a metric that does not exist. */
export function knownSeries(name: string): KnownSeries | undefined {
  return OWN.get(name) ?? foreign(name)
}

const OWN: ReadonlyMap<string, KnownSeries> = new Map(
  (Object.keys(METRIC_FAMILIES) as MetricName[]).flatMap((family) => {
    const { source, type, ...rest } = METRIC_FAMILIES[family]
    const own = Object.entries('labels' in rest ? rest.labels : {}) as [string, readonly string[]][]
    return seriesNames(family, { type }).map((name): [string, KnownSeries] => [
      name,
      {
        source: source === 'pod' ? 'pods' : 'api',
        family,
        labels: new Map([
          ...TARGET_LABELS.map((label) => [label, undefined] as const),
          ...own,
          ...(name.endsWith('_bucket') ? [['le', undefined] as const] : []),
        ]),
      },
    ])
  }),
)

function foreign(name: string): KnownSeries | undefined {
  const known = FOREIGN[name]
  return (
    known && {
      source: known.source,
      labels: new Map([...TARGET_LABELS, ...known.labels].map((label) => [label, undefined])),
    }
  )
}
