/** Arithmetic mean; undefined for no values. A file of its own: the first load needs no other statistics. */
export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
