import { closeNamed } from '@warm-pods/core/close-codes.ts'

/**
 * Returns what the visit does after a close code. `dead`: the pod announced its end. `reread`: the page reads the session
 * again, because the token may be outdated or the session over. `elsewhere`: another tab holds the session. `cut`: the code
 * (1006, 1012, 4007 …) proves nothing about the pod, so the page tries the same pod again.
 */
export function closeVerdict(code: number | undefined): 'dead' | 'reread' | 'elsewhere' | 'cut' {
  switch (code === undefined ? undefined : closeNamed(code)) {
    case 'terminating':
      return 'dead'
    case 'replaced':
      return 'elsewhere'
    case 'refused':
    case 'sessionOver':
    case 'expired':
      return 'reread'
    default:
      return 'cut'
  }
}
