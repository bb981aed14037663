/** Wall-clock `ms` since 1970 as ISO 8601 in UTC, with milliseconds. */
export function toIsoTime(ms: number): string {
  return new Date(ms).toISOString()
}
