/** The HTTP handlers of a resource's verbs. Each reads the query and the body, calls the registry, and responds. */

import {
  invalid,
  methodNotAllowed,
  notFound,
  notImplemented,
  notSupported,
  unsupportedMediaType,
} from '../apimachinery/status.ts'
import { podEndpoint } from '../kubelet/pod-addresses.ts'
import { createObject } from '../registry/create-object.ts'
import { parseJson } from '../registry/decode.ts'
import { updateObject } from '../registry/update-object.ts'
import type { Pod } from '../types.ts'
import { remove, removeMany } from './delete-handlers.ts'
import { evictPod } from './evict-pod.ts'
import { contentType, type Exchange, readBody, sendJson } from './exchange.ts'
import { type Api, decodeBody, formOf, need } from './handler-tools.ts'
import { listObjects } from './list-objects.ts'
import { parseListOptions } from './list-options.ts'
import { patchObject } from './patch-object.ts'
import { sendLogs } from './pod-logs.ts'
import { represent, representList } from './representation.ts'
import type { Route, Subresource } from './routes.ts'
import { startWatch } from './watch.ts'

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]
/** The media types of server-side apply, which needs the owner of each field. */
const APPLY_TYPES = ['application/apply-patch+yaml', 'application/apply-patch+cbor']
/**
 * Bytes that may wait to be sent to a watcher. Beyond them the server closes the watch, and the client has to list
 * again.
 */
const MAX_BEHIND_BYTES = 16 * 1024 * 1024

function isDryRun(query: URLSearchParams, kind: string): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '')
  if (values.some((value) => value !== 'All'))
    throw invalid({ kind, group: 'meta.k8s.io' }, '', [notSupported('dryRun', values, ['All'])])
  return values.length > 0
}

function list({ store }: Api, exchange: Exchange, { resource, namespace, name }: Route): void {
  const options = parseListOptions(resource.name, exchange.query, name)
  const form = formOf(exchange)
  if (!options.watch) {
    const { items, metadata } = listObjects(store, resource.name, namespace, options)
    sendJson(exchange, 200, representList(resource.name, items, metadata, form))
    return
  }
  const { response } = exchange
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const undo = startWatch(store, resource.name, namespace, options, form, {
    line: (json) => {
      response.write(`${json}\n`)
      if (response.writableLength > MAX_BEHIND_BYTES) response.destroy()
    },
    end: () => response.end(),
  })
  response.once('close', undo)
}

async function create({ store }: Api, exchange: Exchange, { resource, namespace }: Route): Promise<void> {
  need(resource, 'create')
  const { query, warn } = exchange
  const draft = await decodeBody(exchange, resource)
  const dryRun = isDryRun(query, 'CreateOptions')
  const object = createObject(store, resource.name, namespace, draft, { dryRun, warn })
  sendJson(exchange, 201, represent(resource.name, object, formOf(exchange)))
}

function get({ store }: Api, exchange: Exchange, { resource, namespace, name = '' }: Route): void {
  const object = store.get(resource.name, namespace, name)
  if (!object) throw notFound(resource, name)
  sendJson(exchange, 200, represent(resource.name, object, formOf(exchange)))
}

async function put(
  { store }: Api,
  exchange: Exchange,
  { resource, namespace, name = '', sub }: Route,
): Promise<void> {
  need(resource, 'update')
  const { query, warn } = exchange
  const draft = await decodeBody(exchange, resource)
  const target = { resource: resource.name, namespace, name }
  const options = { dryRun: isDryRun(query, 'UpdateOptions'), statusOnly: sub === 'status', warn }
  sendJson(
    exchange,
    200,
    represent(resource.name, updateObject(store, target, draft, options), formOf(exchange)),
  )
}

async function patch(
  { store }: Api,
  exchange: Exchange,
  { resource, namespace, name = '', sub }: Route,
): Promise<void> {
  need(resource, 'patch')
  const { query, warn } = exchange
  const type = contentType(exchange)
  const text = (await readBody(exchange)).toString('utf8')
  if (APPLY_TYPES.includes(type))
    throw unsupportedMediaType(
      `this server has no server-side apply - accepted media types include: ${PATCH_TYPES.join(', ')}`,
    )
  if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType('415: Unsupported Media Type')
  const body = parseJson(text, type.includes('strategic') ? '' : 'error decoding patch: ')
  const target = { resource: resource.name, namespace, name }
  const options = {
    dryRun: isDryRun(query, 'PatchOptions'),
    statusOnly: sub === 'status',
    fieldValidation: query.get('fieldValidation') ?? 'Warn',
    warn,
  }
  sendJson(
    exchange,
    200,
    represent(resource.name, patchObject(store, target, type, body, options), formOf(exchange)),
  )
}

function log(api: Api, exchange: Exchange, { resource, namespace, name = '' }: Route): void {
  const pod: Pod | undefined = api.store.get('pods', namespace, name)
  if (!pod) throw notFound(resource, name)
  sendLogs(pod, api.logs, exchange.query, exchange.response)
}

/** Why this server refuses requests into a running container. A container of its node is a process without isolation. */
const REFUSALS: Partial<Record<Subresource, (pod: Pod) => string>> = {
  exec: ({ metadata }) =>
    `this server runs no commands in containers: the containers of pod ${metadata.name} are processes of this machine`,
  attach: ({ metadata }) =>
    `this server attaches to no containers: kubectl logs -f prints the output of pod ${metadata.name}`,
  portforward: ({ metadata, status }) => {
    const endpoint = podEndpoint(status.podIP ?? '')
    const place = endpoint
      ? `listens at ${endpoint.host}:${endpoint.port} of this machine`
      : 'has no address yet'
    return `this server forwards no ports: pod ${metadata.name} ${place}`
  },
  ephemeralcontainers: ({ metadata }) =>
    `this server adds no containers to a pod: the containers of pod ${metadata.name} are processes of this machine`,
}

/** @throws StatusError 501 for a request into a container, 404 when its pod does not exist, else 405. */
function refuse({ store }: Api, { resource, namespace, name = '', sub }: Route): never {
  const why = sub && REFUSALS[sub]
  if (!why) throw methodNotAllowed()
  const pod = store.get('pods', namespace, name)
  throw pod ? notImplemented(why(pod)) : notFound(resource, name)
}

/**
 * Runs the verb of the method and path.
 * @throws StatusError, which the caller sends as the response.
 */
export async function handleResource(api: Api, exchange: Exchange, route: Route): Promise<void> {
  const { method = 'GET' } = exchange.request
  const { name, sub, resource } = route
  const watching = exchange.query.has('watch')
  const place = sub ?? (name === undefined ? 'collection' : 'object')
  switch (`${method} ${place}`) {
    case 'GET collection':
      return list(api, exchange, route)
    case 'POST collection':
      if (resource.namespaced && route.namespace === undefined) throw methodNotAllowed()
      return create(api, exchange, route)
    case 'DELETE collection':
      if (resource.namespaced && route.namespace === undefined) throw methodNotAllowed()
      return removeMany(api, exchange, route)
    case 'GET object':
      return watching ? list(api, exchange, route) : get(api, exchange, route)
    case 'GET status':
      return get(api, exchange, route)
    case 'PUT object':
    case 'PUT status':
      return put(api, exchange, route)
    case 'PATCH object':
    case 'PATCH status':
      return patch(api, exchange, route)
    case 'DELETE object':
      return remove(api, exchange, route)
    case 'GET log':
      return log(api, exchange, route)
    case 'POST eviction':
      return evictPod(api, exchange, route)
    default:
      return refuse(api, route)
  }
}
