/**
 * The visitor's secret: 256 random bits as 43 characters of base64url. Kept in sessionStorage, so that a reload of this
 * tab finds the same session and another tab does not; a browser without storage gets one per page.
 */
const KEY = 'warm-pods.secret'

export interface Secrets {
  /** The present secret, made on first use. */
  current(): string
  /** Replaces it: the session of the old one is over. */
  renew(): string
}

/** @param storage where the secret outlives a reload; reaching for it may throw (blocked storage), and so may its methods. */
export function createSecrets(storage: () => Pick<Storage, 'getItem' | 'setItem'>): Secrets {
  let secret: string | undefined
  const renew = () => {
    const made = newSecret()
    secret = made
    try {
      storage().setItem(KEY, made)
    } catch {
      // Blocked or full storage costs only the pod after a reload.
    }
    return made
  }
  const stored = () => {
    try {
      const text = storage().getItem(KEY)
      return text !== null && /^[\w-]{43}$/.test(text) ? text : undefined
    } catch {
      return undefined
    }
  }
  return {
    renew,
    current: () => {
      secret ??= stored() ?? renew()
      return secret
    },
  }
}

/** 32 bytes of the system's randomness, base64url without padding (RFC 4648 section 5). */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
