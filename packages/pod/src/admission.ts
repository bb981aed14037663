import { type Claims, verifyToken } from '@warm-pods/core/identity/token.ts'
import { CLOSE, type CloseName, SUBPROTOCOL, TOKEN_PREFIX } from '@warm-pods/core/socket.ts'

/** Why a socket is refused, with the close code and the reason its opener reads (at most 123 bytes, RFC 6455 section 5.5). */
export const REFUSALS = {
  'no subprotocol': { close: 'refused', reason: `Offer the subprotocol ${SUBPROTOCOL}.` },
  'no token': { close: 'refused', reason: 'Offer exactly one token, as a second subprotocol.' },
  malformed: {
    close: 'refused',
    reason: 'The token is not of the form token.<session>.<epoch>.<expiry>.<mac>.',
  },
  forged: { close: 'refused', reason: 'The token was not made for this pod.' },
  expired: { close: 'expired', reason: CLOSE.expired.meaning },
  'another session': { close: 'refused', reason: 'This pod serves another session.' },
  'older epoch': { close: 'refused', reason: 'This session has moved on to a later epoch.' },
  tooManyConnections: { close: 'tooManyConnections', reason: CLOSE.tooManyConnections.meaning },
  terminating: { close: 'terminating', reason: CLOSE.terminating.meaning },
  'session over': { close: 'sessionOver', reason: CLOSE.sessionOver.meaning },
} as const satisfies Record<string, { close: CloseName; reason: string }>

export type RefusalWhy = keyof typeof REFUSALS
export type Admission = { ok: true; claims: Claims } | { ok: false; why: RefusalWhy }

/** The names in a `Sec-WebSocket-Protocol` header; several headers arrive here joined by commas (RFC 6455 section 11.3.4). */
export function offeredProtocols(header: string | undefined): string[] {
  return (header ?? '').split(',').map((name) => name.trim())
}

/**
 * Reads what an opener offered and checks its token.
 * @param nowMs wall clock, ms since 1970, as the expiry is one.
 */
export async function examine(header: string | undefined, key: string, nowMs: number): Promise<Admission> {
  const offered = offeredProtocols(header)
  if (!offered.includes(SUBPROTOCOL)) return { ok: false, why: 'no subprotocol' }
  const [token, ...more] = offered.filter((name) => name.startsWith(TOKEN_PREFIX))
  if (token === undefined || more.length > 0) return { ok: false, why: 'no token' }
  return verifyToken(key, token, nowMs)
}
