/** The parsed query of a list or a watch. Invalid queries give the errors of the real server. */

import { badRequest, forbiddenField, invalid, StatusError } from '../apimachinery/status.ts'
import { type FieldMatch, parseFieldSelector } from '../registry/field-selectors.ts'
import { type LabelMatch, parseLabelSelector } from '../registry/label-selectors.ts'
import type { KubeObject, ResourceName } from '../types.ts'

/** The parsed query of a list or a watch. `limit` 0 means no limit; `resourceVersion` is empty without one. */
export interface ListOptions {
  matches: (object: KubeObject) => boolean
  selective: boolean
  limit: number
  continueToken: string | null
  resourceVersion: string
  watch: boolean
  bookmarks: boolean
  sendInitialEvents: boolean
  timeoutMs: number
}

const flag = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name)
  return value !== null && value !== '0' && value !== 'false'
}

function integer(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? ''
  if (text === '') return 0
  if (!/^-?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

function checkVersion(text: string, watch: boolean): void {
  if (text === '' || /^\d+$/.test(text)) return
  const why = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`
  // In the real server a watch fails later than a list, with a plain 500.
  throw watch ? new StatusError(500, '', why) : badRequest(`invalid resource version: ${why}`)
}

function checkMatch(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? ''
  const refuse = (why: string) =>
    invalid({ kind: 'ListOptions', group: 'meta.k8s.io' }, '', [forbiddenField('resourceVersionMatch', why)])
  const initial = query.has('sendInitialEvents')
  if (initial && match !== 'NotOlderThan')
    throw refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  if (!initial && match !== '' && !query.get('resourceVersion'))
    throw refuse('resourceVersionMatch is forbidden unless resourceVersion is provided')
}

/**
 * The real server ends a watch without a timeout after 30 to 60 minutes (min-request-timeout). Here it is half an hour.
 */
const DEFAULT_WATCH_MS = 30 * 60 * 1000

/**
 * Parses the query for one resource. `name` restricts it to one object.
 * @throws StatusError 400 or 422.
 */
export function parseListOptions(resource: ResourceName, query: URLSearchParams, name?: string): ListOptions {
  const labels: LabelMatch = parseLabelSelector(query.get('labelSelector') ?? '')
  const fields: FieldMatch = parseFieldSelector(resource, query.get('fieldSelector') ?? '')
  const watch = flag(query, 'watch')
  const resourceVersion = query.get('resourceVersion') ?? ''
  checkMatch(query)
  checkVersion(resourceVersion, watch)
  const seconds = integer(query, 'timeoutSeconds')
  return {
    matches: (object) =>
      labels(object.metadata.labels) &&
      fields(object) &&
      (name === undefined || object.metadata.name === name),
    selective: query.get('labelSelector') !== null || query.get('fieldSelector') !== null,
    limit: integer(query, 'limit'),
    continueToken: query.get('continue'),
    resourceVersion,
    watch,
    bookmarks: flag(query, 'allowWatchBookmarks'),
    sendInitialEvents: flag(query, 'sendInitialEvents'),
    timeoutMs: seconds > 0 ? seconds * 1000 : DEFAULT_WATCH_MS,
  }
}
