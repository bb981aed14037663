import type { CloseName } from '@warm-pods/core/close-codes.ts'
import { type Claims, verifyToken } from '@warm-pods/core/identity/token.ts'
import { CLOSE, requestIn, SUBPROTOCOL, TOKEN_PREFIX } from '@warm-pods/core/socket.ts'

/**
 * Why the pod refuses a socket, with the close code and the reason that the client receives.
 * A reason has at most 123 bytes (RFC 6455 section 5.5).
 */
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
  'too many connections': { close: 'tooManyConnections', reason: CLOSE.tooManyConnections.meaning },
  terminating: { close: 'terminating', reason: CLOSE.terminating.meaning },
  'session over': { close: 'sessionOver', reason: CLOSE.sessionOver.meaning },
} as const satisfies Record<string, { close: CloseName; reason: string }>

export type RefusalWhy = keyof typeof REFUSALS
/** `request`: the API's request that the client names; it is not checked. */
export type TokenCheck = { ok: true; claims: Claims; request?: string } | { ok: false; why: RefusalWhy }

/**
 * Returns the names in a `Sec-WebSocket-Protocol` header, without spaces around them. A missing header gives one empty name.
 * Node joins several headers of that name by commas, as RFC 6455 section 11.3.4 allows.
 */
export function offeredProtocols(header: string | undefined): string[] {
  return (header ?? '').split(',').map((name) => name.trim())
}

/**
 * Checks the subprotocols that a client offered, and the token among them. It never throws for a bad token.
 * @param key the key of this pod's Job, base64url.
 * @param nowMs wall clock, ms since 1970, because the token's expiry is one.
 */
export async function checkToken(
  header: string | undefined,
  key: string,
  nowMs: number,
): Promise<TokenCheck> {
  const offered = offeredProtocols(header)
  if (!offered.includes(SUBPROTOCOL)) return { ok: false, why: 'no subprotocol' }
  const [token, ...more] = offered.filter((name) => name.startsWith(TOKEN_PREFIX))
  if (token === undefined || more.length > 0) return { ok: false, why: 'no token' }
  const verdict = await verifyToken(key, token, nowMs)
  const request = requestIn(offered)
  return verdict.ok && request !== undefined ? { ...verdict, request } : verdict
}
