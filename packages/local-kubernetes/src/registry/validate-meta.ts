/**
 * Validation of names, labels and annotations, with the order and the texts of k8s.io/apimachinery/pkg/api/validation.
 */

import type { Resource } from '../apimachinery/resources.ts'
import { type FieldError, forbiddenField, invalidValue, required } from '../apimachinery/status.ts'
import type { ObjectMeta } from '../types.ts'
import {
  dnsLabelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from './label-syntax.ts'

/** Returns the errors of a map of labels. */
export function labelErrors(labels: Record<string, string> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalidValue(field, key, problem)),
    ...labelValueProblems(value).map((problem) => invalidValue(field, value, problem)),
  ])
}

const MAX_ANNOTATIONS_BYTES = 256 * 1024

/** Returns the errors of a map of annotations: invalid keys, and a total size over the limit. */
export function annotationErrors(
  annotations: Record<string, string> | undefined,
  field: string,
): FieldError[] {
  const entries = Object.entries(annotations ?? {})
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
  return [
    ...entries.flatMap(([key]) =>
      qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidValue(field, key, problem)),
    ),
    ...(bytes > MAX_ANNOTATIONS_BYTES
      ? [
          {
            field,
            reason: 'FieldValueTooLong',
            body: `Too long: may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`,
          },
        ]
      : []),
  ]
}

/** Returns the errors of a new object's metadata. */
export function metaErrors(resource: Resource, meta: Partial<ObjectMeta>): FieldError[] {
  const problems = resource.name === 'namespaces' ? dnsLabelProblems : subdomainProblems
  const name = meta.name ?? ''
  return [
    ...(name === '' ? [required('metadata.name', 'name or generateName is required')] : []),
    ...(name === '' ? [] : problems(name).map((problem) => invalidValue('metadata.name', name, problem))),
    ...labelErrors(meta.labels, 'metadata.labels'),
    ...annotationErrors(meta.annotations, 'metadata.annotations'),
    ...finalizerErrors(meta.finalizers),
  ]
}

function finalizerErrors(finalizers: readonly string[] | undefined): FieldError[] {
  return (finalizers ?? []).flatMap((finalizer) =>
    qualifiedNameProblems(finalizer).map((problem) =>
      invalidValue('metadata.finalizers', finalizer, problem),
    ),
  )
}

/** Returns the errors of metadata that replaces `old`. */
export function metaUpdateErrors(meta: Partial<ObjectMeta>, old: ObjectMeta): FieldError[] {
  const added = (meta.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer))
  const fixed = ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const
  return [
    ...fixed.flatMap((key) =>
      meta[key] === undefined || meta[key] === old[key]
        ? []
        : [invalidValue(`metadata.${key}`, meta[key], 'field is immutable')],
    ),
    ...(meta.uid !== undefined && meta.uid !== old.uid
      ? [invalidValue('metadata.uid', meta.uid, 'field is immutable')]
      : []),
    ...(old.deletionTimestamp && added.length > 0
      ? [
          forbiddenField(
            'metadata.finalizers',
            `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(', ')}}`,
          ),
        ]
      : []),
    ...labelErrors(meta.labels, 'metadata.labels'),
    ...annotationErrors(meta.annotations, 'metadata.annotations'),
    ...finalizerErrors(meta.finalizers),
  ]
}
