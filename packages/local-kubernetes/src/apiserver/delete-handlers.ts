/** DELETE of one object and of a collection. */

import { isObject, type Json } from '../apimachinery/json.ts'
import type { Resource } from '../apimachinery/resources.ts'
import { badRequest } from '../apimachinery/status.ts'
import { parseJson, pruneUnknown } from '../registry/decode.ts'
import {
  type DeleteOptions,
  deletedStatus,
  deleteObject,
  readDeleteOptions,
} from '../registry/delete-object.ts'
import { decodeProtobuf, PROTOBUF } from '../registry/protobuf.ts'
import { contentType, type Exchange, readBody, sendJson } from './exchange.ts'
import { type Api, formOf, need } from './handler-tools.ts'
import { listObjects } from './list-objects.ts'
import { parseListOptions } from './list-options.ts'
import { represent, representList } from './representation.ts'
import type { Route } from './routes.ts'

const ORPHAN_WARNING =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'

function parseOptions(exchange: Exchange, bytes: Buffer): Json {
  if (contentType(exchange) === PROTOBUF) return decodeProtobuf('DeleteOptions', bytes)
  return parseJson(bytes.toString('utf8'), "couldn't get version/kind; json parse error: ")
}

async function readDeletion(exchange: Exchange, resource: Resource): Promise<DeleteOptions> {
  const bytes = await readBody(exchange)
  const body = bytes.length === 0 ? {} : parseOptions(exchange, bytes)
  if (!isObject(body)) throw badRequest('the body of a DELETE is DeleteOptions, an object')
  if (body.kind !== undefined && body.kind !== 'DeleteOptions')
    throw badRequest(
      `no kind ${JSON.stringify(body.kind)} is registered for the options of a DELETE, expected "DeleteOptions"`,
    )
  pruneUnknown('DeleteOptions', body)
  const grace = exchange.query.get('gracePeriodSeconds')
  if (grace !== null && !/^-?\d+$/.test(grace))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`)
  const options = readDeleteOptions(body, exchange.query)
  if (resource.name === 'jobs' && options.propagationPolicy === undefined) exchange.warn(ORPHAN_WARNING)
  return options
}

/** A DELETE of these resources answers with the object, whether it is removed or still terminating. */
const RETURNS_OBJECT = ['pods', 'resourcequotas', 'namespaces']

/** DELETE of one object. */
export async function remove(
  { store }: Api,
  exchange: Exchange,
  { resource, namespace, name = '' }: Route,
): Promise<void> {
  need(resource, 'delete')
  const options = await readDeletion(exchange, resource)
  const { object, removed } = deleteObject(store, resource.name, namespace, name, options)
  if (removed && !RETURNS_OBJECT.includes(resource.name))
    sendJson(exchange, 200, deletedStatus(resource, object.metadata))
  else sendJson(exchange, 200, represent(resource.name, object, formOf(exchange)))
}

/** DELETE of all objects that match the query. */
export async function removeMany(
  { store }: Api,
  exchange: Exchange,
  { resource, namespace }: Route,
): Promise<void> {
  need(resource, 'deletecollection')
  const options = await readDeletion(exchange, resource)
  const { items, metadata } = listObjects(
    store,
    resource.name,
    namespace,
    parseListOptions(resource.name, exchange.query),
  )
  for (const { metadata: one } of items) deleteObject(store, resource.name, one.namespace, one.name, options)
  sendJson(exchange, 200, representList(resource.name, items, metadata, formOf(exchange)))
}
