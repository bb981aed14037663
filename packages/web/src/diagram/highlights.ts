import { endsOf, type LinkName, type PartName } from './hops.ts'

/** Who uses a link or a part just now. */
export type Use = 'yours' | 'pools'

/** What is drawn strong, and for whom. */
export interface Lit {
  readonly links: ReadonlyMap<LinkName, Use>
  readonly parts: ReadonlyMap<PartName, Use>
}

/** What both use counts as the visitor's. */
export function litOf(yours: readonly LinkName[], pools: readonly LinkName[]): Lit {
  const uses = [
    ...pools.map((link) => [link, 'pools'] as const),
    ...yours.map((link) => [link, 'yours'] as const),
  ]
  return {
    links: new Map(uses),
    parts: new Map(uses.flatMap(([link, use]) => endsOf(link).map((part) => [part, use] as const))),
  }
}
