import { describe, expect, it } from 'vitest'
import type { MetricFamily } from './metric-family.ts'
import { labelSets, METRIC_FAMILIES, seriesNames } from './metrics.ts'
import { metricsDocument } from './metrics-document.ts'

const FILE = new URL('../../../docs/metrics.md', import.meta.url)
const families = Object.entries<MetricFamily>(METRIC_FAMILIES)

describe(metricsDocument, () => {
  it('is docs/metrics.md; `npx vitest run packages/core/src/metrics.test.ts --update` writes it', async () => {
    await expect(metricsDocument()).toMatchFileSnapshot(FILE.pathname)
  })
})

describe.each(families)('%s', (name, family) => {
  it('has a name of the form that Prometheus recommends', () => {
    expect(name).toMatch(/^(warm_pods|process|nodejs)_[a-z_]+$/)
    expect(name.endsWith('_total')).toBe(family.type === 'counter')
    expect(name).not.toMatch(/_(bucket|sum|count|created|ms|milliseconds|minutes)$/)
  })

  it('ends in its base unit', () => {
    const suffixes = { seconds: /_seconds(_total)?$/, bytes: /_bytes(_total)?$/, ratio: /_ratio$/ }
    if (family.unit === 'unix seconds') expect(name).toMatch(/_time(stamp)?_seconds$/)
    if (family.unit in suffixes) expect(name).toMatch(suffixes[family.unit as keyof typeof suffixes])
  })

  it('has a help of one line and few series with closed label values', () => {
    expect(family.help).toMatch(/^[A-Z01][^\n|]*\.$/)
    expect(labelSets(family).length).toBeLessThanOrEqual(24)
    for (const [label, values] of Object.entries(family.labels ?? {})) {
      expect(label).toMatch(/^[a-z]+$/)
      expect(label).not.toMatch(/session|token|address|visitor|key|uid|^le$/)
      for (const value of values) expect(value).toMatch(/^[a-zA-Z0-9_]+$/)
      expect(new Set(values).size).toBe(values.length)
    }
  })

  it('has ascending buckets if it is a histogram', () => {
    if (family.type !== 'histogram') return
    expect([...family.buckets].sort((a, b) => a - b)).toEqual(family.buckets)
    expect(new Set(family.buckets).size).toBe(family.buckets.length)
  })
})

it('gives no two families a series of the same name', () => {
  const names = families.flatMap(([name, family]) => [...new Set([name, ...seriesNames(name, family)])])
  expect(names).toEqual([...new Set(names)])
})

describe(labelSets, () => {
  it('returns each combination once, and one empty set without labels', () => {
    expect(labelSets({})).toEqual([{}])
    expect(labelSets({ labels: { a: ['1', '2'], b: ['x', 'y'] } })).toEqual([
      { a: '1', b: 'x' },
      { a: '1', b: 'y' },
      { a: '2', b: 'x' },
      { a: '2', b: 'y' },
    ])
  })
})
