/**
 * The token that a visitor's page sends to a pod: `token.<session>.<epoch>.<expiry s>.<mac>`. The MAC is an HMAC-SHA-256
 * (RFC 2104) with the key of the pod's Job, so a token for one Job is invalid for every other. RFC 7230 allows every
 * character in a subprotocol name.
 */
import { TOKEN_PREFIX } from '../socket.ts'

export interface Claims {
  readonly sessionId: string
  /** 1 for the first pod of a session, one more for each that follows. */
  readonly epoch: number
  /** The token is valid before this time, seconds since 1970. */
  readonly expiresAtS: number
}

/** The result of {@link verifyToken}. */
export type Verdict = { ok: true; claims: Claims } | { ok: false; why: 'malformed' | 'forged' | 'expired' }

/** The last character of a MAC carries four bits and two zeros. Other characters would spell the same token twice. */
const FORM = /^token\.([0-9a-f]{32})\.([1-9]\d{0,8})\.([1-9]\d{0,11})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/
const encoder = new TextEncoder()

/** A new key for a Job: 256 random bits as 43 characters of base64url. */
export function newPodKey(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
}

/** The token for these claims. @param podKey the Job's key, 43 characters of base64url. */
export async function signToken(podKey: string, claims: Claims): Promise<string> {
  const key = await importKey(podKey)
  const mac = await crypto.subtle.sign('HMAC', key, signedPart(claims))
  return `${TOKEN_PREFIX}${claims.sessionId}.${claims.epoch}.${claims.expiresAtS}.${toBase64Url(new Uint8Array(mac))}`
}

/**
 * Checks a token in constant time (`subtle.verify`). The signature is checked before the expiry, so the answer to a forged
 * token does not depend on its expiry.
 * @param nowMs wall clock of the checker, ms since 1970.
 */
export async function verifyToken(podKey: string, token: string, nowMs: number): Promise<Verdict> {
  const parts = FORM.exec(token)
  if (!parts) return { ok: false, why: 'malformed' }
  const [, sessionId = '', epoch = '', expiry = '', mac = ''] = parts
  const claims = { sessionId, epoch: Number(epoch), expiresAtS: Number(expiry) }
  const genuine = await crypto.subtle.verify(
    'HMAC',
    await importKey(podKey),
    fromBase64Url(mac),
    signedPart(claims),
  )
  if (!genuine) return { ok: false, why: 'forged' }
  return claims.expiresAtS * 1000 <= nowMs ? { ok: false, why: 'expired' } : { ok: true, claims }
}

function signedPart({ sessionId, epoch, expiresAtS }: Claims): Uint8Array<ArrayBuffer> {
  return encoder.encode(`warm-pods.v1 ${sessionId} ${epoch} ${expiresAtS}`)
}

function importKey(podKey: string): Promise<Awaited<ReturnType<typeof crypto.subtle.importKey>>> {
  return crypto.subtle.importKey('raw', fromBase64Url(podKey), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
