/**
 * Field selectors, such as `status.phase=Running,metadata.name!=x`, for the fields that the real server supports
 * (k8s.io/kubernetes/pkg/apis/{core,batch}/v1/conversion.go).
 */

import { resourceOf } from '../apimachinery/resources.ts'
import { badRequest } from '../apimachinery/status.ts'
import type { KubeObject, ResourceName } from '../types.ts'

export type FieldMatch = (object: KubeObject) => boolean

const META = ['metadata.name', 'metadata.namespace']
const FIELDS: Record<ResourceName, readonly string[]> = {
  pods: [
    ...META,
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  jobs: [...META, 'status.successful'],
  events: [
    ...META,
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  namespaces: ['metadata.name', 'status.phase'],
  resourcequotas: META,
  nodes: ['metadata.name', 'spec.unschedulable'],
}

function unsupported(resource: ResourceName, field: string): string {
  // In the real server the text differs by kind, because each kind has its own conversion function.
  if (resource === 'jobs') return `field label ${JSON.stringify(field)} not supported for Job`
  if (resource === 'resourcequotas')
    return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
  return `field label not supported: ${field}`
}

function valueAt(object: KubeObject, field: string): string {
  if (field === 'source') return valueAt(object, 'source.component')
  if (field === 'status.successful') return valueAt(object, 'status.succeeded') || '0'
  let value: unknown = object
  for (const part of field.split('.')) {
    if (typeof value !== 'object' || value === null) return ''
    value = Reflect.get(value, part)
  }
  return value === undefined || value === null ? (field === 'spec.hostNetwork' ? 'false' : '') : String(value)
}

/**
 * Parses the `fieldSelector` of a query.
 * @throws StatusError 400 for a malformed selector or an unsupported field.
 */
export function parseFieldSelector(resource: ResourceName, text: string): FieldMatch {
  const terms = text.split(',').filter((term) => term.trim() !== '')
  const tests = terms.map((term): FieldMatch => {
    const [, field, operator, value] = /^\s*([^=!]+?)\s*(==|!=|=)(.*)$/.exec(term) ?? []
    if (field === undefined || value === undefined)
      throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    if (!FIELDS[resourceOf(resource).name].includes(field)) throw badRequest(unsupported(resource, field))
    return (object) => (valueAt(object, field) === value.trim()) === (operator !== '!=')
  })
  return (object) => tests.every((test) => test(object))
}
