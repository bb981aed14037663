/** RFC 3339 times as Kubernetes writes them: whole seconds (metav1.Time), or microseconds (metav1.MicroTime). */

/**
 * Formats a time in whole seconds: `2026-01-31T12:00:00Z`.
 * @param ms since 1970; default: now.
 */
export function timestamp(ms: number = Date.now()): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** Returns the current time as metav1.MicroTime: `2026-01-31T12:00:00.123000Z`. */
export function microTimestamp(): string {
  return new Date().toISOString().replace('Z', '000Z')
}

/** Parses a timestamp and returns ms since 1970; NaN for malformed text. */
export function millisOf(time: string): number {
  return Date.parse(time)
}
