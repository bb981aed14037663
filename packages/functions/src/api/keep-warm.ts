/** The event by which the schedule keeps one process of the api Lambda warm (stacks/functions/keep-warm.ts). */
export interface KeepWarmEvent {
  readonly kind: 'keep-warm'
}

export const KEEP_WARM: KeepWarmEvent = { kind: 'keep-warm' }

/**
 * True for the schedule's event, which has `kind` and no other field. No HTTP request can cause such an event. API
 * Gateway puts each request into an event with fields of its own, such as `requestContext`. The caller adds no field.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function isKeepWarm(event: object): event is KeepWarmEvent {
  const fields = Object.entries(event)
  return fields.length === 1 && fields[0]?.[0] === 'kind' && fields[0][1] === KEEP_WARM.kind
}
