import { createHash } from 'node:crypto'
import type { V1EnvVar, V1Job } from '@kubernetes/client-node'
import { LABELS } from '@warm-pods/core/identity/names.ts'
import type { Config } from '../config.ts'
import type { NewJob } from './cluster.ts'

/** TCP port of the pod's WebSocket and readiness probe. */
export const POD_PORT = 8080
/** TCP port of the pod's `GET /metrics`, if the stage has monitoring. The NetworkPolicies close it to the gateway. */
export const METRICS_PORT = 9464

/**
 * Datadog's autodiscovery. The tag keeps the pods' series apart. Buckets are left out: Datadog bills each series.
 * https://docs.datadoghq.com/containers/kubernetes/integrations/
 */
const DATADOG = {
  'ad.datadoghq.com/echo.checks': JSON.stringify({
    openmetrics: {
      instances: [
        {
          openmetrics_endpoint: `http://%%host%%:${METRICS_PORT}/metrics`,
          namespace: 'warm_pods',
          metrics: ['.+'],
          collect_histogram_buckets: false,
          tags: ['pod:%%kube_pod_name%%'],
        },
      ],
    },
  }),
  'ad.datadoghq.com/echo.logs': '[{"source":"nodejs","service":"warm-pods"}]',
}

type ManifestConfig = Pick<Config, 'image' | 'namespace' | 'podMetrics' | 'limits' | 'limitOverrides'>

/**
 * Returns the manifest of a Job with one pod. The Job replaces a pod that failed: `backoffLimit` is above zero, and a
 * terminated pod exits with 143. The pod exits with 0 only when its session is over. `activeDeadlineSeconds`, counted from
 * the Job's start, removes the pod if refill no longer runs. The pod meets the Pod Security level `restricted`.
 */
export function jobManifest(job: NewJob, config: ManifestConfig): V1Job {
  const seconds = (ms: number): number => Math.ceil(ms / 1000)
  const { limits } = config
  const annotated = job.annotations ? { annotations: job.annotations } : {}
  const labels = { [LABELS.app]: LABELS.appValue, [LABELS.spec]: specHash(config), ...job.labels }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: job.name, namespace: config.namespace, labels, ...annotated },
    spec: {
      backoffLimit: 6,
      completions: 1,
      parallelism: 1,
      activeDeadlineSeconds: seconds(limits.jobDeadlineMs),
      ttlSecondsAfterFinished: seconds(limits.jobTtlMs),
      template: {
        metadata: { labels, ...podAnnotations(job, config) },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: seconds(limits.graceMs),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'echo',
              image: config.image,
              imagePullPolicy: 'IfNotPresent',
              env: environment(job.key, config),
              ports: [
                { name: 'ws', containerPort: POD_PORT },
                ...(config.podMetrics ? [{ name: 'metrics', containerPort: METRICS_PORT }] : []),
              ],
              readinessProbe: {
                httpGet: { path: '/health', port: POD_PORT },
                periodSeconds: 1,
                timeoutSeconds: 1,
                failureThreshold: 3,
              },
              resources: {
                requests: { cpu: '10m', memory: '64Mi' },
                limits: { cpu: '500m', memory: '128Mi' },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  }
}

/** The pod's own annotations; none when it has no use for any. */
function podAnnotations(
  { annotations }: NewJob,
  { podMetrics }: ManifestConfig,
): { annotations?: Readonly<Record<string, string>> } {
  const all = { ...annotations, ...(podMetrics === 'datadog' ? DATADOG : {}) }
  return Object.keys(all).length > 0 ? { annotations: all } : {}
}

/** Returns a hash of the pod's specification without name and key. Warm pods with another hash are of an older deploy. */
export function specHash(config: ManifestConfig): string {
  const { image, limits, limitOverrides, podMetrics } = config
  // 2 is the version of the manifest itself.
  const facts: unknown[] = [2, image, limits.graceMs, limits.jobDeadlineMs, limits.jobTtlMs, limitOverrides]
  if (podMetrics) facts.push(METRICS_PORT)
  if (podMetrics === 'datadog') facts.push(DATADOG)
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 12)
}

function environment(key: string, config: ManifestConfig): V1EnvVar[] {
  const field = (name: string, fieldPath: string): V1EnvVar => ({
    name,
    valueFrom: { fieldRef: { fieldPath } },
  })
  return [
    { name: 'POD_KEY', value: key },
    field('POD_NAME', 'metadata.name'),
    field('POD_UID', 'metadata.uid'),
    field('POD_IP', 'status.podIP'),
    { name: 'POD_PORT', value: String(POD_PORT) },
    ...(config.podMetrics ? [{ name: 'METRICS_PORT', value: String(METRICS_PORT) }] : []),
    field('NODE_NAME', 'spec.nodeName'),
    // Copied from the node when the pod is bound (PodTopologyLabels, Kubernetes 1.35 and newer); empty before.
    field('ZONE', "metadata.labels['topology.kubernetes.io/zone']"),
    { name: 'IMAGE', value: config.image },
    ...(Object.keys(config.limitOverrides).length > 0
      ? [{ name: 'LIMITS', value: JSON.stringify(config.limitOverrides) }]
      : []),
  ]
}
