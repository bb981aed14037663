/**
 * Tables (meta.k8s.io/v1 Table). kubectl requests them by `Accept: …;as=Table`, so that the server chooses the columns.
 */

import { conditionOf } from '../pod-predicates.ts'
import { formatLabelSelector } from '../registry/label-selectors.ts'
import { millisOf } from '../rfc3339.ts'
import type { Job, Kinds, KubeEvent, KubeObject, Node, Pod, ResourceName, ResourceQuota } from '../types.ts'
import { COLUMNS } from './columns.ts'
import { age, humanDuration } from './human-duration.ts'
import { podCells } from './print-pod.ts'

type Cell = string | number
interface Row {
  cells: Cell[]
  conditions?: object[]
  object?: object
}
/** How much of the object each row contains: the query's `includeObject`. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

const JOB_STATES = [
  ['Complete', 'Complete'],
  ['Failed', 'Failed'],
  ['', 'Terminating'],
  ['Suspended', 'Suspended'],
  ['FailureTarget', 'FailureTarget'],
  ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
] as const

function jobState({ metadata, status }: Job): string {
  const holds = ([type]: (typeof JOB_STATES)[number]): boolean =>
    type === ''
      ? metadata.deletionTimestamp !== undefined
      : conditionOf(status.conditions, type)?.status === 'True'
  return JOB_STATES.find(holds)?.[1] ?? 'Running'
}

function jobCells(job: Job): Cell[] {
  const { spec, status, metadata } = job
  const { containers } = spec.template.spec
  const parallel = spec.parallelism > 1 ? ` of ${spec.parallelism}` : ''
  const started = status.startTime ? millisOf(status.startTime) : undefined
  const until = status.completionTime ? millisOf(status.completionTime) : Date.now()
  return [
    metadata.name,
    jobState(job),
    spec.completions === undefined
      ? `${status.succeeded ?? 0}/1${parallel}`
      : `${status.succeeded ?? 0}/${spec.completions}`,
    started === undefined ? '' : humanDuration(until - started),
    age(metadata.creationTimestamp),
    containers.map(({ name }) => name).join(','),
    containers.map(({ image }) => image).join(','),
    formatLabelSelector(spec.selector),
  ]
}

function eventCells(event: KubeEvent): Cell[] {
  const { involvedObject: about, source } = event
  const first = event.firstTimestamp ?? event.eventTime
  const from = [source.component || event.reportingComponent, source.host || event.reportingInstance]
  return [
    age(event.lastTimestamp ?? first),
    event.type,
    event.reason,
    `${about.kind.toLowerCase()}/${about.name}`,
    about.fieldPath ?? '',
    from.filter(Boolean).join(', '),
    event.message.trim(),
    age(first),
    event.count ?? 1,
    event.metadata.name,
  ]
}

function quotaCells({ metadata, status }: ResourceQuota): Cell[] {
  const entries = Object.keys(status.hard ?? {})
    .sort()
    .map((key) => ({ key, text: `${key}: ${status.used?.[key] ?? '0'}/${status.hard?.[key] ?? '0'}` }))
  const limits = entries.filter(({ key }) => key.startsWith('limits.'))
  const requests = entries.filter(({ key }) => !key.startsWith('limits.'))
  const say = (list: typeof entries): string => list.map(({ text }) => text).join(', ')
  return [metadata.name, say(requests), say(limits), age(metadata.creationTimestamp)]
}

function nodeCells({ metadata, spec, status }: Node): Cell[] {
  const { nodeInfo: info } = status
  const internal = status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '<none>'
  const ready = conditionOf(status.conditions, 'Ready')?.status === 'True' ? 'Ready' : 'NotReady'
  const kernel = `${info.kernelVersion} (${info.architecture})`
  return [
    metadata.name,
    spec.unschedulable ? `${ready},SchedulingDisabled` : ready,
    '<none>',
    age(metadata.creationTimestamp),
    info.kubeletVersion ?? '',
    internal,
    '<none>',
    info.osImage ?? '',
    kernel,
    info.containerRuntimeVersion ?? '',
  ]
}

const CELLS: { [R in ResourceName]: (object: Kinds[R]) => Cell[] } = {
  pods: podCells,
  jobs: jobCells,
  events: eventCells,
  namespaces: ({ metadata, status }) => [metadata.name, status.phase, age(metadata.creationTimestamp)],
  resourcequotas: quotaCells,
  nodes: nodeCells,
}

const COMPLETED = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
  Pending: undefined,
  Running: undefined,
}

function rowConditions(resource: ResourceName, object: KubeObject): object[] | undefined {
  if (resource !== 'pods') return undefined
  // `resource` determines that it is a pod.
  const { phase } = (object as Pod).status
  const message = COMPLETED[phase]
  return message ? [{ type: 'Completed', status: 'True', reason: phase, message }] : undefined
}

/** Returns the PartialObjectMetadata of an object. */
export function partialMetadata({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}

function rowOf<R extends ResourceName>(resource: R, object: Kinds[R], include: IncludeObject): Row {
  const conditions = rowConditions(resource, object)
  const carried = include === 'Object' ? object : include === 'Metadata' ? partialMetadata(object) : undefined
  return {
    cells: CELLS[resource](object),
    ...(conditions ? { conditions } : {}),
    ...(carried ? { object: carried } : {}),
  }
}

/** Returns a Table of objects. In a watch only the first table defines its columns. */
export function tableOf<R extends ResourceName>(
  resource: R,
  objects: readonly Kinds[R][],
  metadata: object,
  include: IncludeObject,
  withColumns = true,
): object {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? COLUMNS[resource] : null,
    rows: objects.map((object) => rowOf(resource, object, include)),
  }
}
