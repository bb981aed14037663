import * as v from 'valibot'

/** The WebSocket subprotocol of page and pod. The token travels as a second subprotocol and never in the URL. */
export const SUBPROTOCOL = 'warm-pods.v1'
/** Marks the subprotocol that carries the token. */
export const TOKEN_PREFIX = 'token.'

/** The close codes of the socket with their meaning. `retry`: the page may try the same pod again. RFC 6455 section 7.4. */
export const CLOSE = {
  normal: { code: 1000, meaning: 'The page is done.', retry: false },
  policy: { code: 1008, meaning: 'The message was not one this protocol knows.', retry: false },
  terminating: { code: 4001, meaning: 'The pod is being terminated.', retry: false },
  replaced: { code: 4002, meaning: 'A newer socket of the same session took over.', retry: false },
  refused: {
    code: 4003,
    meaning: 'The token is missing, tampered with, or for another pod or session.',
    retry: false,
  },
  expired: { code: 4004, meaning: 'The token has expired; ask the API for a new one.', retry: true },
  tooFast: { code: 4005, meaning: 'More messages than this pod takes.', retry: true },
  sessionOver: { code: 4006, meaning: 'The session is over.', retry: false },
  tooManyConnections: { code: 4007, meaning: 'Too many sockets on this pod.', retry: true },
  unresponsive: { code: 4008, meaning: 'The peer stopped answering heartbeats.', retry: true },
} as const

export type CloseName = keyof typeof CLOSE

/** The name in {@link CLOSE} of a close code; undefined for any other code. */
export function closeNamed(code: number): CloseName | undefined {
  return (Object.keys(CLOSE) as CloseName[]).find((name) => CLOSE[name].code === code)
}

/** The first message of a pod to a page, JSON. */
export const HelloSchema = v.object({
  type: v.literal('hello'),
  uid: v.string(),
  name: v.string(),
  alias: v.string(),
  node: v.string(),
  zone: v.string(),
  image: v.string(),
  /** ISO 8601 UTC, the pod's own clock. */
  startedAt: v.string(),
  epoch: v.number(),
})
export type Hello = v.InferOutput<typeof HelloSchema>

/** A JSON message of a pod. Pongs are not JSON: see {@link parsePong}. */
export const PodMessageSchema = v.variant('type', [
  HelloSchema,
  v.object({ type: v.literal('terminating'), graceMs: v.number() }),
])
export type PodMessage = v.InferOutput<typeof PodMessageSchema>

/** A message of the page. */
export type PageMessage = { type: 'ping'; seq: number } | { type: 'die'; how: 'crash' | 'freeze' }

const PING = /^p,(0|[1-9]\d{0,9})$/
const PONG = /^p,(0|[1-9]\d{0,9}),(0|[1-9]\d{0,9})$/

/** Parses one text frame of a page; undefined when it is not a message of this protocol. */
export function parsePageMessage(text: string): PageMessage | undefined {
  const ping = PING.exec(text)
  if (ping) return { type: 'ping', seq: Number(ping[1]) }
  if (text === 'die,crash') return { type: 'die', how: 'crash' }
  if (text === 'die,freeze') return { type: 'die', how: 'freeze' }
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
