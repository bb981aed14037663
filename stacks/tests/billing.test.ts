import { describe, expect, it } from 'vitest'
import { STAGES, type StageName, stageOf } from './stages.ts'

/** Types that AWS bills by the hour, whether used or not. */
const BILLED_BY_THE_HOUR = /:(Cluster|NatGateway|LoadBalancer|Eip|Instance|Nodegroup)$/

describe('billing', () => {
  // Costs are computed from these files too (stacks/tools/cost-model.ts). After an intended change: npm run test:infra -- -u
  it.each(Object.keys(STAGES) as StageName[])(
    '%s has the expected number of resources of each type',
    async (name) => {
      const stage = stageOf(name)
      expect(stage.graph.errors).toEqual([])
      await expect(`${JSON.stringify(stage.resourceCounts(), null, 2)}\n`).toMatchFileSnapshot(
        `expected-resources/${name}.json`,
      )
    },
  )

  it('gives every resource a URN of its own', () => {
    for (const name of Object.keys(STAGES) as StageName[]) {
      const urns = stageOf(name).graph.resources.map(({ urn }) => urn)
      expect(urns.filter((urn, index) => urns.indexOf(urn) !== index)).toEqual([])
    }
  })

  it.each(['asleep', 'personal', 'shared', 'preview'] as const)(
    '%s has no resource that is billed by the hour',
    (name) => {
      const types = Object.keys(stageOf(name).resourceCounts())
      expect(types.filter((type) => BILLED_BY_THE_HOUR.test(type))).toEqual([])
    },
  )

  it('every VPC endpoint is a gateway endpoint, which is free', () => {
    for (const name of Object.keys(STAGES) as StageName[]) {
      for (const { inputs } of stageOf(name).all('VpcEndpoint')) {
        expect(inputs['vpcEndpointType'] ?? 'Gateway').toBe('Gateway')
      }
    }
  })

  it('production has one cluster, one load balancer, no NAT gateway and no Elastic IP', () => {
    const production = stageOf('production')
    expect(production.all('Cluster')).toHaveLength(1)
    expect(production.all('LoadBalancer')).toHaveLength(1)
    expect(production.all('NatGateway')).toEqual([])
    expect(production.all('Eip')).toEqual([])
  })

  it('tags every resource with project and stage for the bill', () => {
    const tags = JSON.parse(stageOf('production').graph.config['aws:defaultTags'] ?? '{}')
    expect(tags).toMatchObject({ tags: { project: 'warm-pods', stage: 'production' } })
  })
})
