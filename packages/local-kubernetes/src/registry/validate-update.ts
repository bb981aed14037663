// Validation of changes to pods and Jobs: what has been decided at their creation stays.

import { isObject, sameJson } from '../apiserver/patch.ts'
import { type FieldError, forbiddenField, invalidValue } from '../apiserver/status.ts'
import type { Job, Pod } from '../types.ts'
import type { Draft } from './decode.ts'
import { objects } from './validate-container.ts'
import { jobErrors } from './validate-spec.ts'

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
