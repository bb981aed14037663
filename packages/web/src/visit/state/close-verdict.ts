import { CLOSE, closeNamed } from '@warm-pods/core/socket.ts'

/**
 * What a close code means for the visit: `dead`: another pod is needed; `again`: ask for the address again, the pod may
 * be fine; `elsewhere`: another tab holds the session. Codes that are not ours (1006, 1011 …) are a death.
 */
export function closeVerdict(code: number): 'dead' | 'again' | 'elsewhere' {
  const name = closeNamed(code)
  if (name === 'replaced') return 'elsewhere'
  // Refused or over: the session may have moved on; only the API knows.
  if (name === 'refused' || name === 'sessionOver') return 'again'
  return name !== undefined && CLOSE[name].retry ? 'again' : 'dead'
}
