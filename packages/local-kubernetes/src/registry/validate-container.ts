/**
 * Validation of containers: the rules that a manifest of this product could violate
 * (k8s.io/kubernetes/pkg/apis/core/validation).
 */

import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts'
import { type FieldError, invalidValue, notSupported, required } from '../apimachinery/status.ts'
import { dnsLabelProblems } from './label-syntax.ts'

/** Returns the objects of a list. */
export const objects = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []

const NOT_NEGATIVE = 'must be greater than or equal to 0'
const POSITIVE = 'must be greater than 0'
/** Returns an error when a number of the spec is below `least`. */
export function atLeast(spec: JsonObject, key: string, least: 0 | 1, path: string): FieldError[] {
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
/** Returns the errors of a container. */
export function containerErrors(container: JsonObject, path: string): FieldError[] {
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

/** The fields that a variable may reference (core/validation: validEnvDownwardAPIFieldPathExpressions). */
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
