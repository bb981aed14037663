/**
 * Validation of new pods and Jobs: the rules that a manifest of this product could violate
 * (k8s.io/kubernetes/pkg/apis/{core,batch}/validation).
 */

import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts'
import { type FieldError, invalidValue, notSupported, required } from '../apimachinery/status.ts'
import type { Draft } from './decode.ts'
import { subdomainProblems } from './label-syntax.ts'
import { atLeast, containerErrors, objects } from './validate-container.ts'
import { annotationErrors, labelErrors } from './validate-meta.ts'

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

/** Returns the errors of a pod's spec. */
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

/** Returns the errors of a Job's spec. */
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
