import * as v from 'valibot'

/** The WebSocket subprotocol both sides speak; the token travels as a second one, never in the URL. */
export const SUBPROTOCOL = 'warm-pods.v1'
export const TOKEN_PREFIX = 'token.'

/** Every close code of the socket, what it means, and whether the page should try the same pod again. RFC 6455 section 7.4. */
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
  crowded: { code: 4007, meaning: 'Too many sockets on this pod.', retry: true },
  deaf: { code: 4008, meaning: 'The peer stopped answering heartbeats.', retry: true },
} as const

export type CloseName = keyof typeof CLOSE

/** The row of {@link CLOSE} for a code, if it is one of ours. */
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

/** What a pod says in JSON. Pongs are not JSON: see {@link parsePong}. */
export const PodMessageSchema = v.variant('type', [
  HelloSchema,
  v.object({ type: v.literal('terminating'), graceMs: v.number() }),
])
export type PodMessage = v.InferOutput<typeof PodMessageSchema>

/** What a page may send. */
export type PageMessage = { type: 'ping'; seq: number } | { type: 'die'; how: 'crash' | 'freeze' }

const PING = /^p,(0|[1-9]\d{0,9})$/
const PONG = /^p,(0|[1-9]\d{0,9}),(0|[1-9]\d{0,9})$/

/** Reads one text frame of a page; undefined when it is none of the protocol's. */
export function parsePageMessage(text: string): PageMessage | undefined {
  const ping = PING.exec(text)
  if (ping) return { type: 'ping', seq: Number(ping[1]) }
  if (text === 'die,crash') return { type: 'die', how: 'crash' }
  if (text === 'die,freeze') return { type: 'die', how: 'freeze' }
  return undefined
}

export function formatPing(seq: number): string {
  return `p,${seq}`
}

/** @param heldUs whole microseconds between reading the ping and writing the pong. */
export function formatPong(seq: number, heldUs: number): string {
  return `p,${seq},${heldUs}`
}

/** Reads `p,<seq>,<held µs>`; undefined for anything else. */
export function parsePong(text: string): { seq: number; heldUs: number } | undefined {
  const pong = PONG.exec(text)
  return pong ? { seq: Number(pong[1]), heldUs: Number(pong[2]) } : undefined
}

/** Reads a JSON message of a pod; undefined for anything else. */
export function parsePodMessage(text: string): PodMessage | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const result = v.safeParse(PodMessageSchema, JSON.parse(text))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}

/** Where a pod's socket is: the path holds the pod's address, so no lookup stands between a visitor and their pod. */
export function podPath(ip: string): string {
  return `/pod/${ip}`
}
