/** Computes the monthly cost of a stage: its number of resources times the prices in prices.json. */
import prices from './prices.json' with { type: 'json' }

/** Number of resources of each type in a stage, as in stacks/tests/expected-resources/<stage>.json. */
export type ResourceCounts = Readonly<Record<string, number>>

interface Price {
  readonly what: string
  /** Set if each node of the cluster costs the price. The others are for each resource. */
  readonly per?: 'node'
  /** The price is for each resource from this one on; 1 if unset. */
  readonly from?: number
  /** USD a month. */
  readonly usd: number
  /** Rate from which the monthly price follows. */
  readonly how: string
}

const BILLED = prices.resources as Readonly<Record<string, readonly Price[]>>
const FREE: Readonly<Record<string, string>> = prices.free

/** Returns the types that prices.json neither prices nor lists as free. */
export function unpriced(counts: ResourceCounts): string[] {
  return Object.keys(counts).filter((type) => !(type in BILLED) && !(type in FREE))
}

/** Returns the total in USD a month. */
export function total(counts: ResourceCounts): number {
  return Object.entries(counts).reduce((sum, [type, count]) => sum + priceOf(type, count), 0)
}

function priceOf(type: string, count: number): number {
  return (BILLED[type] ?? []).reduce((sum, price) => sum + monthly(price, count), 0)
}

/** Nodes are no resources of the stack: the cluster starts as many as its pods need. */
function monthly({ usd, per, from = 1 }: Price, count: number): number {
  return Math.max(0, count - from + 1) * (per === 'node' ? usd * prices.nodes : usd)
}

/**
 * Returns the cost table of docs/operations.md as Markdown.
 * @param stages column title to the resources of that stage.
 */
export function costTable(stages: Readonly<Record<string, ResourceCounts>>): string {
  const allCounts = Object.values(stages)
  const rows = Object.entries(BILLED).flatMap(([type, parts]) => {
    const counts = allCounts.map((counts) => counts[type] ?? 0)
    if (counts.every((count) => count === 0)) return []
    return parts.map((price) =>
      row(
        price.per === 'node' ? `${prices.nodes} × ${price.what}` : price.what,
        counts.map((count) => dollars(monthly(price, count))),
        price.how,
      ),
    )
  })
  return [
    row('USD a month', Object.keys(stages), 'price'),
    `|---|${allCounts.map(() => '--:').join('|')}|---|`,
    ...rows,
    row(
      '**total**',
      allCounts.map((counts) => `**${dollars(total(counts))}**`),
      '',
    ),
    ...monitoringRows(allCounts.length),
    '',
    `Prices as of ${prices.asOf}: ${prices.source}. None was read on AWS’ own pages. ${prices.checked} Usage: ${prices.usage}.`,
  ].join('\n')
}

/** The cost that each choice of WARM_PODS_MONITORING adds to an awake stage. The total leaves them out. */
function monitoringRows(columns: number): string[] {
  return Object.entries(prices.monitoring).map(([choice, { how, usd }]) =>
    row(
      `not in the total: \`WARM_PODS_MONITORING=${choice}\``,
      Array.from({ length: columns }, (_, index) => dollars(index === 0 ? usd : 0)),
      how,
    ),
  )
}

function row(what: string, cells: readonly string[], how: string): string {
  return `| ${[what, ...cells, how].join(' | ')} |`
}

function dollars(usd: number): string {
  return usd === 0 ? '–' : usd.toFixed(2)
}
