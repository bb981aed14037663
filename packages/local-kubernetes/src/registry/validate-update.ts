/** Validation of changes to pods, Jobs and nodes: which fields are immutable. */

import { isObject, sameJson } from '../apimachinery/json.ts'
import { type FieldError, forbiddenField, invalidValue, notSupported } from '../apimachinery/status.ts'
import type { Job, Node, Pod } from '../types.ts'
import type { Draft } from './decode.ts'
import { labelValueProblems, qualifiedNameProblems } from './label-syntax.ts'
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

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function taintErrors(spec: unknown): FieldError[] {
  const taints = objects(isObject(spec) ? spec.taints : undefined)
  return taints.flatMap(({ key = '', value = '', effect = '' }, i) => {
    const path = `metadata.taints[${i}]`
    const earlier = taints.slice(0, i).some((one) => one.key === key && one.effect === effect)
    const duplicate = {
      field: path,
      reason: 'FieldValueDuplicate',
      body: `Duplicate value: ${JSON.stringify({ Key: key, Value: value, Effect: effect, TimeAdded: null })}: taints must be unique by key and effect pair`,
    }
    return [
      ...qualifiedNameProblems(String(key)).map((problem) => invalidValue(`${path}.key`, key, problem)),
      ...labelValueProblems(String(value)).map((problem) => invalidValue(`${path}.value`, value, problem)),
      ...(EFFECTS.includes(String(effect)) ? [] : [notSupported(`${path}.effect`, effect, EFFECTS)]),
      ...(earlier ? [duplicate] : []),
    ]
  })
}

/** Returns the errors of a node that replaces `old`: malformed taints, and a changed provider id. */
export function nodeUpdateErrors(draft: Draft, old: Node): FieldError[] {
  const { providerID } = old.spec
  const why = 'node updates may not change providerID except from "" to valid'
  const moved = providerID && draft.spec?.providerID !== providerID
  return [...taintErrors(draft.spec), ...(moved ? [forbiddenField('spec.providerID', why)] : [])]
}
