/**
 * Checks of the API's answers by hand. They cover the fields that the page reads before the first kill, so a newer API may
 * add others. The schemas of core would double the script before the first paint.
 */
import type { ErrorBody } from '@warm-pods/core/api/contracts.ts'
import type { OperationName } from '@warm-pods/core/api/routes.ts'

type Fields = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** Returns whether `value` has a string in each of the fields, which are separated by spaces. */
function hasTexts(value: unknown, fields: string): value is Fields {
  return isObject(value) && fields.split(' ').every((field) => typeof value[field] === 'string')
}

const isPod = (value: unknown) =>
  value === undefined || hasTexts(value, 'name uid alias ip node zone startedAt')

const isProgress = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((step) => hasTexts(step, 'step')))

function isSession(value: unknown): boolean {
  if (!hasTexts(value, 'id state source leaseEndsAt endsAt')) return false
  const { epoch, pod, socket, progress, receipt, heals } = value
  return (
    typeof epoch === 'number' &&
    isPod(pod) &&
    (socket === undefined || (hasTexts(socket, 'url') && Array.isArray(socket.protocols))) &&
    isProgress(progress) &&
    isObject(receipt) &&
    Array.isArray(receipt.stages) &&
    Array.isArray(heals)
  )
}

function isPool(value: unknown): boolean {
  if (!isObject(value)) return false
  const { target, slots, refill, forecast, last24h, cluster } = value
  return (
    typeof target === 'number' &&
    Array.isArray(slots) &&
    slots.every((slot) => hasTexts(slot, 'state since') && isPod(slot.pod) && isProgress(slot.progress)) &&
    [refill, forecast, last24h, cluster].every(isObject)
  )
}

/** The check of each operation whose answer the page reads. */
export const EXPECTED: { readonly [Name in OperationName]?: (value: unknown) => boolean } = {
  claim: isSession,
  read: isSession,
  extend: isSession,
  recover: isSession,
  reach: (value) => hasTexts(value, 'reach') && typeof value.epoch === 'number',
  pool: isPool,
}

export function isErrorBody(body: unknown): body is ErrorBody {
  return isObject(body) && hasTexts(body.error, 'code message')
}
