import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { DEFAULT_BUDGET_USD, MONITORING } from '../settings/settings.ts'
import { costTable, type ResourceCounts, total, unpriced } from './cost-model.ts'
import prices from './prices.json' with { type: 'json' }

const FOLDER = join(import.meta.dirname, '../tests/expected-resources')
const countsOf = (name: string): ResourceCounts =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'))
const OPERATIONS = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

const K8S = join(import.meta.dirname, '../../k8s')
const DeploymentSchema = v.object({
  spec: v.object({
    replicas: v.optional(v.number()),
    template: v.object({
      spec: v.object({
        topologySpreadConstraints: v.optional(v.array(v.object({ topologyKey: v.string() })), []),
      }),
    }),
  }),
})

/** stacks/tests/billing.test.ts compares the counts with the resources that SST would create. */
describe('costs', () => {
  it('every resource type of every stage is priced or listed as free', () => {
    for (const file of readdirSync(FOLDER))
      expect(unpriced(countsOf(file.replace('.json', ''))), file).toEqual([])
  })

  it('no resource type is both priced and free', () => {
    expect(Object.keys(prices.resources).filter((type) => type in prices.free)).toEqual([])
  })

  it('docs/operations.md has the table that npm run costs prints', () => {
    const table = costTable({
      awake: countsOf('production'),
      asleep: countsOf('asleep'),
      'a personal stage': countsOf('personal'),
    })
    expect(OPERATIONS).toContain(table)
  })

  it('prices the nodes that start: Karpenter takes a preferred spread over nodes as required', () => {
    const spec = (path: string) => {
      const deployment = load(readFileSync(join(K8S, path), 'utf8'))
      return v.parse(DeploymentSchema, deployment).spec
    }
    const { replicas } = spec('base/gateway/deployment.yaml')
    const { topologySpreadConstraints } = spec('overlays/eks/gateway.yaml').template.spec
    const isSpread = topologySpreadConstraints.some(
      ({ topologyKey }) => topologyKey === 'kubernetes.io/hostname',
    )
    expect(prices.nodes).toBe(isSpread ? replicas : 1)
  })

  it('prices the schedule that keeps the api Lambda warm, wherever a stage has one', () => {
    const free = { ...countsOf('production'), 'aws:scheduler/schedule:Schedule': 1 }
    expect(total(countsOf('production')) - total(free)).toBeCloseTo(0.07)
    expect(total({ 'aws:scheduler/schedule:Schedule': 0 })).toBe(0)
  })

  it('has a row for each choice of WARM_PODS_MONITORING', () => {
    expect(Object.keys(prices.monitoring)).toEqual([...MONITORING])
    for (const choice of MONITORING) expect(OPERATIONS).toContain(`WARM_PODS_MONITORING=${choice}\` | `)
  })

  it('the default budget covers production in a region that costs 15 % more than the table', () => {
    expect(DEFAULT_BUDGET_USD).toBeGreaterThan(1.15 * total(countsOf('production')))
    expect(OPERATIONS).toContain(
      `| \`WARM_PODS_BUDGET_USD\` | monthly budget; ${DEFAULT_BUDGET_USD} if unset |`,
    )
  })

  it('a stage costs under $3 a month asleep, $190 awake, and $2 as a personal stage', () => {
    expect(total(countsOf('asleep'))).toBeLessThan(3)
    expect(total(countsOf('production'))).toBeLessThan(190)
    expect(total(countsOf('personal'))).toBeLessThan(2)
  })
})
