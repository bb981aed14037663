import { type BoxName, boxesOf, type EdgeName } from './flows.ts'

/** Whether the visitor or the pool uses an edge or a box now. */
export type Use = 'yours' | 'pools'

/** The edges and boxes that are drawn strong. */
export interface Highlights {
  readonly edges: ReadonlyMap<EdgeName, Use>
  readonly boxes: ReadonlyMap<BoxName, Use>
}

/** Returns the highlights. An edge that visitor and pool both use counts as the visitor's. */
export function highlightsOf(yours: readonly EdgeName[], pools: readonly EdgeName[]): Highlights {
  const uses = [
    ...pools.map((edge) => [edge, 'pools'] as const),
    ...yours.map((edge) => [edge, 'yours'] as const),
  ]
  return {
    edges: new Map(uses),
    boxes: new Map(uses.flatMap(([edge, use]) => boxesOf(edge).map((box) => [box, use] as const))),
  }
}
