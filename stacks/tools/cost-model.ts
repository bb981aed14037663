/** What a stage costs a month: the resources that the graph has, times the prices in prices.json. */
import prices from './prices.json' with { type: 'json' }

/** How many resources of each type a stage has: stacks/tests/expected-resources/<stage>.json. */
export type Census = Readonly<Record<string, number>>

interface Price {
  readonly what: string
  /** A month. */
  readonly usd: number
  readonly how: string
}

const BILLED: Readonly<Record<string, readonly Price[]>> = prices.resources
const FREE: Readonly<Record<string, string>> = prices.free

/** Types that prices.json says nothing of, neither a price nor that they are free. */
export function unpriced(census: Census): string[] {
  return Object.keys(census).filter((type) => !(type in BILLED) && !(type in FREE))
}

/** USD a month. */
export function total(census: Census): number {
  return Object.entries(census).reduce((sum, [type, count]) => sum + count * unitPrice(type), 0)
}

function unitPrice(type: string): number {
  return (BILLED[type] ?? []).reduce((sum, { usd }) => sum + usd, 0)
}

/**
 * The table of docs/operations.md, in Markdown.
 * @param stages name of the column to what the stage is made of.
 */
export function costTable(stages: Readonly<Record<string, Census>>): string {
  const censuses = Object.values(stages)
  const rows = Object.entries(BILLED).flatMap(([type, parts]) => {
    const counts = censuses.map((census) => census[type] ?? 0)
    if (counts.every((count) => count === 0)) return []
    return parts.map(({ what, usd, how }) =>
      row(
        what,
        counts.map((count) => dollars(count * usd)),
        how,
      ),
    )
  })
  return [
    row('USD a month', Object.keys(stages), 'price'),
    `|---|${censuses.map(() => '--:').join('|')}|---|`,
    ...rows,
    row(
      '**total**',
      censuses.map((census) => `**${dollars(total(census))}**`),
      '',
    ),
    '',
    `Prices of ${prices.asOf}: ${prices.source}. Not read off AWS’ own pages: ${prices.checked}. Counted on ${prices.usage}.`,
  ].join('\n')
}

function row(what: string, cells: readonly string[], how: string): string {
  return `| ${[what, ...cells, how].join(' | ')} |`
}

function dollars(usd: number): string {
  return usd === 0 ? '–' : usd.toFixed(2)
}
