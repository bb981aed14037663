import { CLOSE, closeNamed } from '@warm-pods/core/socket.ts'

/**
 * Returns what the visit does after a close code. `dead`: get another pod. `again`: read the address again, the pod may be
 * alive. `elsewhere`: another tab holds the session. A code outside the protocol (1006, 1011 …) means `dead`.
 */
export function closeVerdict(code: number): 'dead' | 'again' | 'elsewhere' {
  const name = closeNamed(code)
  if (name === 'replaced') return 'elsewhere'
  // The session may have another pod by now, or may have ended. The API's answer decides.
  if (name === 'refused' || name === 'sessionOver') return 'again'
  return name !== undefined && CLOSE[name].retry ? 'again' : 'dead'
}
