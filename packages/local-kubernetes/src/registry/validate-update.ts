/** Validation of changes to pods and Jobs: which fields are immutable. */

import { isObject, sameJson } from '../apimachinery/json.ts'
import { type FieldError, forbiddenField, invalidValue } from '../apimachinery/status.ts'
import type { Job, Pod } from '../types.ts'
import type { Draft } from './decode.ts'
import { objects } from './validate-container.ts'
import { jobErrors } from './validate-spec.ts'

/** Immutable fields of a Job. */
const FROZEN = ['selector', 'completionMode', 'podFailurePolicy', 'manualSelector', 'managedBy'] as const

/** Returns the errors of a Job that replaces `old`: template, selector and completions are immutable. */
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

/** Returns the errors of a pod that replaces `old`: only the image and the deadline may change. */
export function podUpdateErrors(draft: Draft, old: Pod): FieldError[] {
  // Through JSON, because the types of a stored pod are narrower than those of a draft.
  return sameJson(frozenPart(draft.spec), frozenPart(JSON.parse(JSON.stringify(old.spec))))
    ? []
    : [forbiddenField('spec', POD_UPDATE)]
}
