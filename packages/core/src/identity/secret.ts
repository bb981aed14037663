/**
 * The visitor's browser makes a secret of 256 random bits. The tables store only its hash, which is the session id. A
 * stored id does not let its reader act as the visitor, and the same secret always gives the same session.
 */
const SECRET = /^[A-Za-z0-9_-]{43}$/
const SESSION_ID = /^[0-9a-f]{32}$/

/** True for 43 characters of base64url: a secret in its one form. */
export function isSecret(text: string): boolean {
  return SECRET.test(text)
}

/** True for 32 lower-case hexadecimal digits: a session id. */
export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text)
}

/** The session id of a secret: the first 128 bits of its SHA-256 in hex, which is a valid Kubernetes label value. */
export async function sessionIdOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest(
    'SHA-256',
    new TextEncoder().encode(`warm-pods session ${secret}`),
  )
  return Array.from(new Uint8Array(digest).subarray(0, 16), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
