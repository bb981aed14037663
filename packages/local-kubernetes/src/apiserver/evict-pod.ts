/** POST …/pods/<name>/eviction: deletes a pod, as `kubectl drain` does. The engine has no PodDisruptionBudgets that could refuse it. */

import { isObject } from '../apimachinery/json.ts'
import { badRequest, notFound } from '../apimachinery/status.ts'
import { withDisruption } from '../pod-predicates.ts'
import { deleteObject, readDeleteOptions } from '../registry/delete-object.ts'
import { modify } from '../registry/update-object.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { type Api, decodeBody } from './handler-tools.ts'
import type { Route } from './routes.ts'

/** The kind of the body. */
export const EVICTION = { group: 'policy', kind: 'Eviction' } as const

/**
 * Adds the condition DisruptionTarget to the pod, then deletes it with the options of the body.
 * @throws StatusError 400 when the body names another pod, 404 without such a pod, 409 when a precondition does not hold.
 */
export async function evictPod(
  { store }: Api,
  exchange: Exchange,
  { resource, namespace, name = '' }: Route,
): Promise<void> {
  const { metadata, deleteOptions } = await decodeBody(exchange, EVICTION)
  if (metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object')
  const pod = store.get('pods', namespace, name)
  if (!pod) throw notFound(resource, name)
  // checkObject() has checked the type.
  const options = readDeleteOptions(isObject(deleteOptions) ? deleteOptions : {}, exchange.query)
  // A failed precondition must not leave the condition behind.
  deleteObject(store, 'pods', namespace, name, { ...options, dryRun: true })
  if (!options.dryRun) {
    modify(store, 'pods', pod, ({ status }) => {
      status.conditions = withDisruption(status.conditions, {
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      })
    })
    const { resourceVersion: _checked, ...preconditions } = options.preconditions ?? {}
    deleteObject(store, 'pods', namespace, name, { ...options, preconditions })
  }
  sendJson(exchange, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}
