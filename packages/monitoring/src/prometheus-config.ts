/** The configuration of a Prometheus on this machine. https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
import { KUBE_STATE_JOB, SCRAPE_JOBS } from './scrape-jobs.ts'

export interface ScrapedSystem {
  /** Origin of the page and the API, such as `http://localhost:4400`. */
  readonly site: string
  /** URL of the API server that lists the pods. It needs no authentication: the local one, or `kubectl proxy`. */
  readonly kubernetes: string
  /** Reads the pods through the API server, because this machine does not reach their addresses. */
  readonly throughApiServer?: boolean
  /** A file with the pods, absolute, for a Prometheus that was built without discovery by Kubernetes. */
  readonly podFile?: string
  readonly namespace: string
  /** Rule files, absolute. */
  readonly rules: readonly string[]
  /** Seconds between two scrapes. */
  readonly intervalS: number
  /** `host:port` of programs that export metrics beside the system. */
  readonly kubeState?: string
  readonly gatewayExporters?: readonly string[]
  /** The gateways have the exporter of k8s/monitoring/gateway-exporter. */
  readonly gatewayPods?: boolean
  /** Scrapes the API server too. */
  readonly apiServer?: boolean
}

/** The label that tells the pods of the pool from the gateway's (core/src/identity/names.ts), and its two values. */
const APP = 'app.kubernetes.io/name'
const POD_APP = 'warm-pods'
const GATEWAY_APP = 'warm-pods-gateway'

/** The labels of a discovered pod. A pod file has the same. */
const META = {
  namespace: '__meta_kubernetes_namespace',
  pod: '__meta_kubernetes_pod_name',
  phase: '__meta_kubernetes_pod_phase',
  app: '__meta_kubernetes_pod_label_app_kubernetes_io_name',
  portName: '__meta_kubernetes_pod_container_port_name',
  portNumber: '__meta_kubernetes_pod_container_port_number',
} as const
/** The name of the port in the Job's manifest (functions/src/kubernetes/job-manifest.ts). */
const PORT_NAME = 'metrics'

/** The fields of a pod that lead to a target. */
export interface DiscoveredPod {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly containers: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
    }[]
  }
  readonly status: { readonly podIP?: string; readonly phase?: string }
}

/**
 * Returns the content of a pod file.
 * @param addressOf `host:port` of a pod's metrics, from its address and the port of its manifest.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config
 */
export function podFile(
  pods: readonly DiscoveredPod[],
  addressOf: (ip: string, port: number) => string,
): object[] {
  return pods.flatMap(({ metadata, spec, status }) => {
    const port = spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === PORT_NAME)
    if (!port || !status.podIP) return []
    const labels = {
      [META.namespace]: metadata.namespace,
      [META.pod]: metadata.name,
      [META.phase]: status.phase ?? '',
      [META.app]: metadata.labels?.[APP] ?? '',
      [META.portName]: PORT_NAME,
      [META.portNumber]: String(port.containerPort),
    }
    return [{ targets: [addressOf(status.podIP, port.containerPort)], labels }]
  })
}

/** Returns the configuration, for a YAML file. Prometheus finds the pods by a watch of the API server. */
export function prometheusConfig(system: ScrapedSystem): object {
  const { namespace, site } = system
  const kubernetes = new URL(system.kubernetes)
  const { host, protocol } = new URL(site)
  return {
    global: {
      scrape_interval: `${system.intervalS}s`,
      evaluation_interval: `${system.intervalS}s`,
      scrape_timeout: `${Math.min(system.intervalS, 5)}s`,
    },
    rule_files: system.rules,
    scrape_configs: [
      podJob(SCRAPE_JOBS.pods, POD_APP, system),
      ...(system.gatewayPods ? [podJob(SCRAPE_JOBS.gateway, GATEWAY_APP, system)] : []),
      {
        job_name: SCRAPE_JOBS.api,
        scheme: protocol.replace(':', ''),
        metrics_path: '/api/metrics',
        static_configs: [{ targets: [host], labels: { namespace } }],
      },
      ...(system.kubeState
        ? [
            {
              job_name: KUBE_STATE_JOB,
              honor_labels: true,
              static_configs: [{ targets: [system.kubeState] }],
            },
          ]
        : []),
      ...(system.gatewayExporters?.length
        ? [
            {
              job_name: SCRAPE_JOBS.gateway,
              static_configs: system.gatewayExporters.map((target) => ({
                targets: [target],
                labels: { namespace, pod: target },
              })),
            },
          ]
        : []),
      ...(system.apiServer
        ? [
            {
              job_name: 'apiserver',
              scheme: kubernetes.protocol.replace(':', ''),
              static_configs: [{ targets: [kubernetes.host] }],
            },
          ]
        : []),
    ],
  }
}

function podJob(name: string, app: string, system: ScrapedSystem): object {
  return {
    job_name: name,
    ...(system.podFile
      ? { file_sd_configs: [{ files: [system.podFile] }] }
      : watchOf(system, `${APP}=${app}`)),
    relabel_configs: [
      keep(META.app, app),
      keep(META.portName, PORT_NAME),
      // A pod that has ended still exists for a while.
      keep(META.phase, 'Running'),
      copy(META.namespace, 'namespace'),
      copy(META.pod, 'pod'),
      ...(system.throughApiServer ? apiServerRelabeling(new URL(system.kubernetes)) : []),
    ],
  }
}

function watchOf({ kubernetes, namespace }: ScrapedSystem, label: string): object {
  return {
    kubernetes_sd_configs: [
      {
        role: 'pod',
        api_server: kubernetes,
        namespaces: { names: [namespace] },
        selectors: [{ role: 'pod', label }],
      },
    ],
  }
}

/** https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls */
function apiServerRelabeling({ host, protocol }: URL): object[] {
  return [
    {
      source_labels: [META.namespace, META.pod, META.portNumber],
      regex: '(.+);(.+);(.+)',
      target_label: '__metrics_path__',
      replacement: '/api/v1/namespaces/$1/pods/$2:$3/proxy/metrics',
    },
    { target_label: '__address__', replacement: host },
    { target_label: '__scheme__', replacement: protocol.replace(':', '') },
    copy(META.pod, 'instance'),
  ]
}

function keep(source: string, regex: string): object {
  return { source_labels: [source], action: 'keep', regex }
}

function copy(source: string, target: string): object {
  return { source_labels: [source], target_label: target }
}
