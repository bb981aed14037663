// Validation of pods and Jobs, for what this product can get wrong (k8s.io/kubernetes/pkg/apis/{core,batch}/validation).

import type { Draft } from './decode.ts'
import { dnsLabelProblems, subdomainProblems } from './label-syntax.ts'
import { isObject, type Json, sameJson } from './patch.ts'
import { type FieldError, forbiddenField, invalidValue, notSupported, required } from './status.ts'
import type { Job, Pod } from './types.ts'
import { annotationErrors, labelErrors } from './validate-meta.ts'

type JsonObject = { [key: string]: Json }
const objects = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []

const NOT_NEGATIVE = 'must be greater than or equal to 0'
const POSITIVE = 'must be greater than 0'
function atLeast(spec: JsonObject, key: string, least: 0 | 1, path: string): FieldError[] {
  const value = spec[key]
  return typeof value === 'number' && value < least
    ? [invalidValue(`${path}.${key}`, value, least === 0 ? NOT_NEGATIVE : POSITIVE)]
    : []
}

function probeErrors(probe: Json | undefined, path: string): FieldError[] {
  if (!isObject(probe)) return []
  const handlers = ['httpGet', 'tcpSocket', 'exec', 'grpc'].filter((kind) => probe[kind] !== undefined)
  return [
    ...(handlers.length === 0 ? [required(path, 'must specify a handler type')] : []),
    ...[
      'initialDelaySeconds',
      'timeoutSeconds',
      'periodSeconds',
      'successThreshold',
      'failureThreshold',
    ].flatMap((key) => atLeast(probe, key, 0, path)),
    ...(isObject(probe.httpGet) && probe.httpGet.port === undefined
      ? [required(`${path}.httpGet.port`)]
      : []),
  ]
}

const IMAGE_POLICIES = ['Always', 'IfNotPresent', 'Never']
function containerErrors(container: JsonObject, path: string): FieldError[] {
  const { name, image, imagePullPolicy } = container
  const named = typeof name === 'string' && name !== ''
  return [
    ...(named
      ? dnsLabelProblems(name).map((problem) => invalidValue(`${path}.name`, name, problem))
      : [required(`${path}.name`)]),
    ...(typeof image === 'string' && image.trim() !== '' ? [] : [required(`${path}.image`)]),
    ...objects(container.ports).flatMap((port, i) => portErrors(port, `${path}.ports[${i}]`)),
    ...objects(container.env).flatMap((one, i) => envErrors(one, `${path}.env[${i}]`)),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) =>
      probeErrors(container[probe], `${path}.${probe}`),
    ),
    ...(typeof imagePullPolicy === 'string' && !IMAGE_POLICIES.includes(imagePullPolicy)
      ? [notSupported(`${path}.imagePullPolicy`, imagePullPolicy, IMAGE_POLICIES)]
      : []),
  ]
}

// What the downward API can put into a variable (core/validation: validEnvDownwardAPIFieldPathExpressions).
const FIELD_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
const isFieldPath = (path: string): boolean =>
  FIELD_PATHS.includes(path) || /^metadata\.(labels|annotations)\['.+'\]$/.test(path)

function envErrors({ name, value, valueFrom }: JsonObject, path: string): FieldError[] {
  const fieldRef = isObject(valueFrom) ? valueFrom.fieldRef : undefined
  const fieldPath = isObject(fieldRef) ? String(fieldRef.fieldPath ?? '') : undefined
  return [
    ...(name ? [] : [required(`${path}.name`)]),
    ...(fieldPath === undefined || isFieldPath(fieldPath)
      ? []
      : [
          invalidValue(
            `${path}.valueFrom.fieldRef.fieldPath`,
            fieldPath,
            `error converting fieldPath: field label not supported: ${fieldPath}`,
          ),
        ]),
    ...(value && valueFrom
      ? [invalidValue(`${path}.valueFrom`, '', 'may not be specified when `value` is not empty')]
      : []),
  ]
}

function portErrors({ containerPort }: JsonObject, path: string): FieldError[] {
  if (containerPort === undefined) return [required(`${path}.containerPort`)]
  const fits = typeof containerPort === 'number' && containerPort > 0 && containerPort < 65_536
  return fits
    ? []
    : [invalidValue(`${path}.containerPort`, containerPort, 'must be between 1 and 65535, inclusive')]
}

function podSpecErrors(spec: JsonObject, path: string): FieldError[] {
  const containers = objects(spec.containers)
  const seen = new Set<Json>()
  return [
    ...(containers.length === 0 ? [required(`${path}.containers`)] : []),
    ...containers.flatMap((one, i) => {
      const name = one.name ?? ''
      const twice = seen.has(name) && name !== ''
      seen.add(name)
      const duplicate = {
        field: `${path}.containers[${i}].name`,
        reason: 'FieldValueDuplicate',
        body: `Duplicate value: ${JSON.stringify(name)}`,
      }
      return [...containerErrors(one, `${path}.containers[${i}]`), ...(twice ? [duplicate] : [])]
    }),
    ...atLeast(spec, 'activeDeadlineSeconds', 1, path),
    ...labelErrors(
      isObject(spec.nodeSelector) ? strings(spec.nodeSelector) : undefined,
      `${path}.nodeSelector`,
    ),
    ...(typeof spec.serviceAccountName === 'string'
      ? subdomainProblems(spec.serviceAccountName).map((problem) =>
          invalidValue(`${path}.serviceAccountName`, spec.serviceAccountName, problem),
        )
      : []),
  ]
}

const strings = (map: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]))

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never']

/** What is wrong with the spec of a pod. */
export function podErrors(draft: Draft): FieldError[] {
  const spec = draft.spec ?? {}
  const policy = spec.restartPolicy
  return [
    ...podSpecErrors(spec, 'spec'),
    ...(typeof policy === 'string' && !RESTART_POLICIES.includes(policy)
      ? [notSupported('spec.restartPolicy', policy, RESTART_POLICIES)]
      : []),
  ]
}

function jobPolicyErrors(spec: JsonObject): FieldError[] {
  const { podFailurePolicy: policy, podReplacementPolicy: replacement, completionMode } = spec
  const modes = ['NonIndexed', 'Indexed']
  return [
    ...(modes.includes(String(completionMode))
      ? []
      : [notSupported('spec.completionMode', completionMode, modes)]),
    ...(isObject(policy) && replacement !== 'Failed'
      ? [notSupported('spec.podReplacementPolicy', replacement, ['Failed'])]
      : []),
    ...(replacement === 'Failed' || replacement === 'TerminatingOrFailed'
      ? []
      : [notSupported('spec.podReplacementPolicy', replacement, ['Failed', 'TerminatingOrFailed'])]),
  ]
}

/** What is wrong with the spec of a Job. */
export function jobErrors(draft: Draft): FieldError[] {
  const spec = draft.spec ?? {}
  const template = isObject(spec.template) ? spec.template : {}
  const meta = isObject(template.metadata) ? template.metadata : {}
  const pod = isObject(template.spec) ? template.spec : {}
  const restart = pod.restartPolicy
  const policy = 'spec.template.spec.restartPolicy'
  const allowed = ['OnFailure', 'Never']
  return [
    ...[
      'parallelism',
      'completions',
      'backoffLimit',
      'activeDeadlineSeconds',
      'ttlSecondsAfterFinished',
    ].flatMap((key) => atLeast(spec, key, 0, 'spec')),
    ...jobPolicyErrors(spec),
    ...labelErrors(isObject(meta.labels) ? strings(meta.labels) : undefined, 'spec.template.labels'),
    ...annotationErrors(
      isObject(meta.annotations) ? strings(meta.annotations) : undefined,
      'spec.template.annotations',
    ),
    ...podSpecErrors(pod, 'spec.template.spec'),
    ...(restart === undefined ? [required(policy, 'valid values: "OnFailure", "Never"')] : []),
    ...(typeof restart === 'string' && !allowed.includes(restart)
      ? [notSupported(policy, restart, allowed)]
      : []),
    ...(isObject(spec.podFailurePolicy) && restart === 'OnFailure'
      ? [invalidValue(policy, restart, 'only "Never" is supported when podFailurePolicy is specified')]
      : []),
  ]
}

// Fields of a Job that stay as they were created, whatever the Job does.
const FROZEN = ['selector', 'completionMode', 'podFailurePolicy', 'manualSelector', 'managedBy'] as const

/** What is wrong with a Job that replaces `old`: its template, selector and completions never change. */
export function jobUpdateErrors(draft: Draft, old: Job): FieldError[] {
  const spec = draft.spec ?? {}
  const immutable = (key: string, was: unknown): FieldError[] =>
    sameJson(spec[key], was) ? [] : [invalidValue(`spec.${key}`, spec[key] ?? null, 'field is immutable')]
  return [
    ...(old.spec.completionMode === 'Indexed' ? [] : immutable('completions', old.spec.completions)),
    ...immutable('template', old.spec.template),
    ...FROZEN.flatMap((key) => immutable(key, old.spec[key])),
    ...jobErrors(draft).filter(({ field }) => !field.startsWith('spec.template')),
  ]
}

const POD_UPDATE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

const frozenPart = (spec: unknown): unknown => {
  if (!isObject(spec)) return spec
  const { tolerations: _tolerations, activeDeadlineSeconds: _deadline, ...rest } = spec
  return {
    ...rest,
    containers: objects(spec.containers).map(({ image: _image, ...container }) => container),
  }
}

/** What is wrong with a pod that replaces `old`: a running pod takes a new image or deadline, nothing else. */
export function podUpdateErrors(draft: Draft, old: Pod): FieldError[] {
  // Through JSON, because a stored pod may be typed more narrowly than a draft.
  return sameJson(frozenPart(draft.spec), frozenPart(JSON.parse(JSON.stringify(old.spec))))
    ? []
    : [forbiddenField('spec', POD_UPDATE)]
}
