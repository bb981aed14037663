/** The weight of the JavaScript before the first paint, beside that of all chunks. */
import type { Row } from '../../../scripts/measured.ts'
import { builtScripts, gzipSum } from '../tests/_first-load.ts'

const BUDGET_KB = 95

export async function benchWeight(): Promise<Row[]> {
  const { first, later } = await builtScripts()
  const firstKB = gzipSum(first) / 1_000
  const allKB = firstKB + gzipSum(later) / 1_000
  return [
    {
      what: 'JavaScript before the first paint, gzip',
      measured: `${firstKB.toFixed(1)} KB`,
      baseline: `all that the page may ever load: ${allKB.toFixed(1)} KB`,
      ratio: firstKB / allKB,
      budget: `≤ ${BUDGET_KB} KB`,
      met: firstKB <= BUDGET_KB,
    },
  ]
}
