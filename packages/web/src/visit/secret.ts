/**
 * The visitor's secret: 256 random bits as 43 characters of base64url. It is kept in sessionStorage, so a reload of this
 * tab finds the same session and another tab does not. Without storage each page load has a secret of its own.
 */
const KEY = 'warm-pods.secret'

export interface Secrets {
  /** Returns the present secret; the first call creates it. */
  current(): string
  /** Replaces the secret, after the session of the old one has ended. Returns the new one. */
  renew(): string
}

/** @param storage keeps the secret over a reload. Getting it may throw (blocked storage), and so may its methods. */
export function createSecrets(storage: () => Pick<Storage, 'getItem' | 'setItem'>): Secrets {
  let secret: string | undefined
  const renew = () => {
    const made = newSecret()
    secret = made
    try {
      storage().setItem(KEY, made)
    } catch {
      // With blocked or full storage a reload only loses the pod.
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

/** Returns 32 random bytes, base64url without padding (RFC 4648 section 5). */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
