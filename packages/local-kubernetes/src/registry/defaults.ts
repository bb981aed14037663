/** The defaults of pods, pod templates and Jobs (k8s.io/kubernetes/pkg/apis/{core,batch}/v1/defaults.go). */

import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts'
import type { Draft } from './decode.ts'

function fill(target: JsonObject, defaults: JsonObject): void {
  for (const [key, value] of Object.entries(defaults))
    if (target[key] === undefined || target[key] === null) target[key] = value
}
const objects = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []

function defaultProbe(probe: Json | undefined): void {
  if (!isObject(probe)) return
  if (isObject(probe.httpGet)) fill(probe.httpGet, { path: '/', scheme: 'HTTP' })
  fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
}

/** `Always` for the tag `latest` or no tag, else `IfNotPresent`. */
function pullPolicy(image: Json | undefined): string {
  const name = typeof image === 'string' ? (image.split('/').at(-1) ?? '') : ''
  if (name.includes('@')) return 'IfNotPresent'
  const tag = name.split(':')[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultContainer(container: JsonObject): void {
  for (const port of objects(container.ports)) fill(port, { protocol: 'TCP' })
  for (const variable of objects(container.env)) {
    const source = variable.valueFrom
    if (isObject(source) && isObject(source.fieldRef)) fill(source.fieldRef, { apiVersion: 'v1' })
  }
  for (const probe of ['readinessProbe', 'livenessProbe', 'startupProbe']) defaultProbe(container[probe])
  fill(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(container.image),
  })
  // A limit without a request becomes the request too.
  const { resources } = container
  if (isObject(resources) && isObject(resources.limits))
    resources.requests = {
      ...resources.limits,
      ...(isObject(resources.requests) ? resources.requests : {}),
    }
}

function defaultPodSpec(spec: JsonObject): void {
  for (const list of ['containers', 'initContainers'])
    for (const container of objects(spec[list])) defaultContainer(container)
  if (typeof spec.serviceAccountName === 'string') fill(spec, { serviceAccount: spec.serviceAccountName })
  fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  })
}

/** Adds the fields that admission adds to a pod, but not to a template: service account, tolerations, priority. */
function admitPodSpec(spec: JsonObject): void {
  fill(spec, { serviceAccountName: 'default' })
  fill(spec, { serviceAccount: spec.serviceAccountName ?? 'default' })
  const tolerations = objects(spec.tolerations)
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'])
    if (!tolerations.some((one) => one.key === key))
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  spec.tolerations = tolerations
  fill(spec, { priority: 0, enableServiceLinks: true, preemptionPolicy: 'PreemptLowerPriority' })
}

/**
 * Returns `BestEffort` without requests and limits, `Guaranteed` when cpu and memory requests equal their limits, else
 * `Burstable`.
 */
export function qosClass(spec: JsonObject): string {
  const resources = objects(spec.containers).map((one) => (isObject(one.resources) ? one.resources : {}))
  const has = (one: JsonObject, key: string): boolean =>
    isObject(one[key]) && Object.keys(one[key]).length > 0
  if (!resources.some((one) => has(one, 'limits') || has(one, 'requests'))) return 'BestEffort'
  const guaranteed = resources.every(({ limits, requests }) =>
    ['cpu', 'memory'].every(
      (key) =>
        isObject(limits) && isObject(requests) && limits[key] !== undefined && limits[key] === requests[key],
    ),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

/** Sets the defaults of a pod in place. Its phase starts as Pending; the client's status is ignored. */
export function defaultPod(draft: Draft): void {
  const spec = draft.spec ?? {}
  defaultPodSpec(spec)
  admitPodSpec(spec)
  draft.spec = spec
  draft.status = { phase: 'Pending', qosClass: qosClass(spec) }
}

const stringsOf = (map: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]))

function templateOf(spec: JsonObject): { meta: JsonObject; pod: JsonObject } {
  const template = isObject(spec.template) ? spec.template : {}
  const meta = isObject(template.metadata) ? template.metadata : {}
  const pod = isObject(template.spec) ? template.spec : {}
  spec.template = { ...template, metadata: meta, spec: pod }
  return { meta, pod }
}

/**
 * Sets the defaults of a Job in place. With `selector` it also sets the selector and the labels of the template, for a
 * new Job. Those need the Job's name and uid.
 */
export function defaultJob(draft: Draft, { selector }: { selector: boolean }): void {
  const spec = draft.spec ?? {}
  const { meta, pod } = templateOf(spec)
  const { restartPolicy } = pod
  defaultPodSpec(pod)
  // A Job has no default restartPolicy. Validation reports a missing one.
  if (restartPolicy === undefined) delete pod.restartPolicy
  if (spec.completions === undefined && spec.parallelism === undefined) fill(spec, { completions: 1 })
  fill(spec, {
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
  })
  fill(spec, { podReplacementPolicy: spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed' })
  if (selector && spec.manualSelector !== true) {
    const { uid = '', name = '' } = draft.metadata
    const own = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name }
    const legacy = { 'controller-uid': uid, 'job-name': name }
    meta.labels = { ...(isObject(meta.labels) ? meta.labels : {}), ...own, ...legacy }
    fill(spec, { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } } })
  }
  // A Job without labels takes those of its template.
  if (selector && Object.keys(draft.metadata.labels ?? {}).length === 0 && isObject(meta.labels))
    draft.metadata.labels = stringsOf(meta.labels)
  draft.spec = spec
  draft.status = {}
}
