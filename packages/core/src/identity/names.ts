/** Names and labels of our Kubernetes objects. Label values: at most 63 characters, alphanumeric at both ends. */
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

/** Annotation of a Job and its pod: the API's request that gave the Job to its session. */
const REQUEST_ANNOTATION = 'warm-pods/request-id'

/** Returns the annotation that names a request; none without one. */
export function requestAnnotation(requestId: string | undefined): Readonly<Record<string, string>> {
  return requestId ? { [REQUEST_ANNOTATION]: requestId } : {}
}

/** Label selector of all our Jobs and pods. */
export const OURS = `${LABELS.app}=${LABELS.appValue}`

/** `warm-<slot>-<gen>-<suffix>`. The suffix keeps the names unique after the table was wiped. */
export function warmJobName(slot: number, gen: number, suffix: string): string {
  return `warm-${slot}-${gen}-${suffix}`
}

/** `cold-<session>-<epoch>-<suffix>`, for the Job of a session that found no warm pod. */
export function coldJobName(sessionId: string, epoch: number, suffix: string): string {
  return `cold-${sessionId.slice(0, 8)}-${epoch}-${suffix}`
}

/** Slot and generation from a warm Job's name; undefined for any other name. */
export function parseWarmJobName(name: string): { slot: number; gen: number } | undefined {
  const match = /^warm-(\d{1,4})-(\d{1,12})-[a-z0-9]+$/.exec(name)
  return match ? { slot: Number(match[1]), gen: Number(match[2]) } : undefined
}

/** Five random characters that form no words, like Kubernetes' own suffixes (apimachinery `rand.String`). */
export function randomSuffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  return Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => letters[byte % letters.length]).join(
    '',
  )
}
