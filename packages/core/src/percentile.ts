/**
 * Returns a percentile by linear interpolation at rank `(n − 1)·p`, R's type 7 (Hyndman and Fan, 1996).
 * @param values in any order and any unit; they are not reordered. @param p 0..1.
 * @returns a value in the unit of `values`; undefined for no values.
 */
export function percentile(values: readonly number[], p: number): number | undefined {
  // The default sort compares text, where "100" comes before "20".
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (sorted.length - 1) * p
  const below = sorted[Math.floor(rank)]
  const above = sorted[Math.ceil(rank)]
  if (below === undefined || above === undefined) return undefined
  return below + (above - below) * (rank - Math.floor(rank))
}
