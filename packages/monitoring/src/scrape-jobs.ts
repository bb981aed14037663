/** The names of the scrape jobs, the label `job` of every series. k8s/monitoring and `npm run monitor` set the same ones. */
export const SCRAPE_JOBS = {
  /** `GET /metrics` of each pod. */
  pods: 'warm-pods-pods',
  /** `GET /metrics` of the API. */
  api: 'warm-pods-api',
  /** nginx-prometheus-exporter beside each gateway. */
  gateway: 'warm-pods-gateway',
} as const

/** The job of kube-state-metrics, as kube-prometheus-stack names it. */
export const KUBE_STATE_JOB = 'kube-state-metrics'
