import * as v from 'valibot'
import { CLOSE_CODES, type CloseName } from './close-codes.ts'

/** The WebSocket subprotocol of page and pod. The token travels as a second subprotocol and never in the URL. */
export const SUBPROTOCOL = 'warm-pods.v1'
/** Marks the subprotocol that carries the token. */
export const TOKEN_PREFIX = 'token.'

/** Marks the subprotocol that carries the id of the API's request. It is for the pod's log alone, and optional. */
export const REQUEST_PREFIX = 'request.'
const REQUEST_NAME = /^request\.([\w-]{1,64})$/

/**
 * Returns the subprotocol that names a request of the API. API Gateway ends its ids with `=`, which no subprotocol may contain
 * (RFC 7230 section 3.2.6), so the name lacks it.
 * @returns undefined for an id that no subprotocol can carry.
 */
export function requestProtocol(requestId: string): string | undefined {
  const name = `${REQUEST_PREFIX}${requestId.replace(/=+$/, '')}`
  return REQUEST_NAME.test(name) ? name : undefined
}

/** Returns the request that a client names among its subprotocols, at most 64 letters, digits, `_` and `-`. */
export function requestIn(protocols: readonly string[]): string | undefined {
  return protocols.map((name) => REQUEST_NAME.exec(name)?.[1]).find((id) => id !== undefined)
}

/**
 * The close codes of the socket with their meaning. `retry`: the page may try the same pod again. RFC 6455 section 7.4.
 * `asyncapi.ts` prints this table into the document.
 */
export const CLOSE = {
  normal: { code: CLOSE_CODES.normal, meaning: 'The page is done.', retry: false },
  policy: { code: CLOSE_CODES.policy, meaning: 'The message was not one this protocol knows.', retry: false },
  terminating: { code: CLOSE_CODES.terminating, meaning: 'The pod is being terminated.', retry: false },
  replaced: {
    code: CLOSE_CODES.replaced,
    meaning: 'A newer socket of the same session took over.',
    retry: false,
  },
  refused: {
    code: CLOSE_CODES.refused,
    meaning: 'The token is missing, tampered with, or for another pod or session.',
    retry: false,
  },
  expired: {
    code: CLOSE_CODES.expired,
    meaning: 'The token has expired; ask the API for a new one.',
    retry: true,
  },
  tooFast: { code: CLOSE_CODES.tooFast, meaning: 'More messages than this pod takes.', retry: true },
  sessionOver: { code: CLOSE_CODES.sessionOver, meaning: 'The session is over.', retry: false },
  tooManyConnections: {
    code: CLOSE_CODES.tooManyConnections,
    meaning: 'Too many sockets on this pod.',
    retry: true,
  },
  unresponsive: {
    code: CLOSE_CODES.unresponsive,
    meaning: 'The peer stopped answering heartbeats.',
    retry: true,
  },
} as const satisfies Record<CloseName, object>

/**
 * The gateway's answers to a handshake that it does not forward, by HTTP status. `retry`: the same request may succeed
 * later. nginx in production answers with these statuses, without the JSON body of the local gateway.
 */
export const HANDSHAKE_ERRORS = {
  400: {
    code: 'bad_request',
    message: 'This is not a WebSocket request: expected one Host and no body.',
    retry: false,
  },
  404: { code: 'no_such_pod', message: 'There is no pod at this address.', retry: false },
  405: { code: 'no_such_method', message: 'Expected GET.', retry: false },
  413: { code: 'body_too_large', message: 'Expected no body.', retry: false },
  426: {
    code: 'upgrade_required',
    message: 'This is a WebSocket: expected an upgrade to version 13.',
    retry: false,
  },
  429: { code: 'too_many_sockets', message: 'Too many sockets from your address.', retry: true },
  502: { code: 'pod_unreachable', message: 'The pod did not accept the connection.', retry: true },
  503: { code: 'gateway_full', message: 'The gateway accepts no more sockets now.', retry: true },
  504: { code: 'pod_timeout', message: 'The pod did not answer in time.', retry: true },
  505: { code: 'bad_version', message: 'Expected HTTP/1.1.', retry: false },
} as const

/** The first message of a pod to a page, JSON. */
export const HelloSchema = v.object({
  type: v.literal('hello'),
  uid: v.string(),
  name: v.string(),
  alias: v.pipe(v.string(), v.description('a friendly name derived from the uid')),
  node: v.string(),
  zone: v.pipe(v.string(), v.description('empty when the node has none')),
  image: v.string(),
  startedAt: v.pipe(v.string(), v.description('ISO 8601, UTC, by the pod’s own clock')),
  epoch: v.pipe(v.number(), v.description('the epoch of the token')),
})
export type Hello = v.InferOutput<typeof HelloSchema>

/** The last message of a pod that is being terminated, JSON. */
export const TerminatingSchema = v.object({
  type: v.literal('terminating'),
  graceMs: v.pipe(v.number(), v.description('milliseconds until Kubernetes stops the pod by force')),
})

/** A JSON message of a pod. Pongs are not JSON: see {@link parsePong}. */
export const PodMessageSchema = v.variant('type', [HelloSchema, TerminatingSchema])
export type PodMessage = v.InferOutput<typeof PodMessageSchema>

/** A message of the page. */
export type PageMessage = { type: 'ping'; seq: number } | { type: 'die'; how: 'crash' | 'freeze' }

/** A ping: `p,<seq>`. */
export const PING = /^p,(0|[1-9]\d{0,9})$/
/** A pong: `p,<seq>,<held µs>`. */
export const PONG = /^p,(0|[1-9]\d{0,9}),(0|[1-9]\d{0,9})$/
/** The message that makes the pod crash or freeze. */
export const DIE = /^die,(crash|freeze)$/

/** Parses one text frame of a page; undefined when it is not a message of this protocol. */
export function parsePageMessage(text: string): PageMessage | undefined {
  const ping = PING.exec(text)
  if (ping) return { type: 'ping', seq: Number(ping[1]) }
  if (DIE.test(text)) return { type: 'die', how: text === 'die,crash' ? 'crash' : 'freeze' }
  return undefined
}

/** A ping as text: `p,<seq>`. @param seq whole number from 0 on. */
export function formatPing(seq: number): string {
  return `p,${seq}`
}

/** A pong as text. @param heldUs whole microseconds between reading the ping and writing the pong. */
export function formatPong(seq: number, heldUs: number): string {
  return `p,${seq},${heldUs}`
}

/** Parses `p,<seq>,<held µs>`; undefined for any other text. */
export function parsePong(text: string): { seq: number; heldUs: number } | undefined {
  const pong = PONG.exec(text)
  return pong ? { seq: Number(pong[1]), heldUs: Number(pong[2]) } : undefined
}

/** Parses a JSON message of a pod; undefined for any other text. */
export function parsePodMessage(text: string): PodMessage | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const result = v.safeParse(PodMessageSchema, JSON.parse(text))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}

/** The path of a pod's socket. It contains the pod's IP address, so the gateway needs no lookup. */
export function podPath(ip: string): string {
  return `/pod/${ip}`
}
