/** Names and labels of what we make in Kubernetes. Label values: at most 63 characters, alphanumeric at both ends. */
export const LABELS = {
  app: 'app.kubernetes.io/name',
  appValue: 'warm-pods',
  pool: 'pool',
  assigned: 'assigned',
  sessionId: 'session-id',
  slot: 'warm-pods/slot',
  gen: 'warm-pods/gen',
  epoch: 'warm-pods/epoch',
  spec: 'warm-pods/spec',
} as const

/** Selects every Job and pod that is ours. */
export const OURS = `${LABELS.app}=${LABELS.appValue}`

/** `warm-<slot>-<gen>-<suffix>`: one Job per slot and generation; the suffix keeps a wiped table from meeting old Jobs. */
export function warmJobName(slot: number, gen: number, suffix: string): string {
  return `warm-${slot}-${gen}-${suffix}`
}

/** `cold-<session>-<epoch>-<suffix>`, for a session that found no warm pod. */
export function coldJobName(sessionId: string, epoch: number, suffix: string): string {
  return `cold-${sessionId.slice(0, 8)}-${epoch}-${suffix}`
}

/** Slot and generation of a warm Job's name; undefined for any other. */
export function parseWarmJobName(name: string): { slot: number; gen: number } | undefined {
  const match = /^warm-(\d{1,4})-(\d{1,12})-[a-z0-9]+$/.exec(name)
  return match ? { slot: Number(match[1]), gen: Number(match[2]) } : undefined
}

/** Five random characters that make no words, as Kubernetes' own suffixes (apimachinery `rand.String`). */
export function randomSuffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  return Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => letters[byte % letters.length]).join(
    '',
  )
}
