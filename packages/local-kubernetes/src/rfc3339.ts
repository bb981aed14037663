// Kubernetes writes times as RFC 3339 in whole seconds (metav1.Time), and events of the scheduler in microseconds.

/** Now, or `ms` since 1970, in whole seconds: `2026-01-31T12:00:00Z`. */
export function timestamp(ms: number = Date.now()): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** Now as metav1.MicroTime: `2026-01-31T12:00:00.123000Z`. */
export function microTimestamp(): string {
  return new Date().toISOString().replace('Z', '000Z')
}

/** Milliseconds since 1970 of a timestamp. */
export function millisOf(time: string): number {
  return Date.parse(time)
}
