/**
 * A visitor is known by a secret their browser made: 256 random bits. We keep only its hash, which is the session id,
 * so nothing we store lets anyone act as the visitor, and the same secret always means the same session.
 */
const SECRET = /^[A-Za-z0-9_-]{43}$/
const SESSION_ID = /^[0-9a-f]{32}$/

export function isSecret(text: string): boolean {
  return SECRET.test(text)
}

export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text)
}

/** The id of the session that belongs to a secret: the first 128 bits of SHA-256, in hex, so that it is a valid label value. */
export async function sessionIdOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest(
    'SHA-256',
    new TextEncoder().encode(`warm-pods session ${secret}`),
  )
  return Array.from(new Uint8Array(digest).subarray(0, 16), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
