import { describe, expect, it } from 'vitest'
import { STAGES, type StageName, stageOf } from './stages.ts'

const COSTS_BY_THE_HOUR = /:(Cluster|NatGateway|LoadBalancer|Eip|Instance|Nodegroup)$/

describe('what a stage buys', () => {
  // The files are also what costs are computed from (stacks/tools/cost-model.ts). Changed on purpose? npm run test:infra -- -u
  it.each(Object.keys(STAGES) as StageName[])('%s: every kind of resource, counted', async (name) => {
    const stage = stageOf(name)
    expect(stage.graph.errors).toEqual([])
    await expect(`${JSON.stringify(stage.census(), null, 2)}\n`).toMatchFileSnapshot(
      `expected-resources/${name}.json`,
    )
  })

  it('never makes two resources of one name', () => {
    for (const name of Object.keys(STAGES) as StageName[]) {
      const urns = stageOf(name).graph.resources.map((r) => r.urn)
      expect(urns.filter((urn, i) => urns.indexOf(urn) !== i)).toEqual([])
    }
  })

  it.each(['asleep', 'personal', 'shared', 'preview'] as const)(
    '%s has nothing that costs by the hour',
    (name) => {
      const types = Object.keys(stageOf(name).census())
      expect(types.filter((type) => COSTS_BY_THE_HOUR.test(type))).toEqual([])
    },
  )

  it('no endpoint is of the kind that costs', () => {
    for (const name of Object.keys(STAGES) as StageName[]) {
      for (const { inputs } of stageOf(name).all('VpcEndpoint')) {
        expect(inputs['vpcEndpointType'] ?? 'Gateway').toBe('Gateway')
      }
    }
  })

  it('production buys one cluster, one load balancer, no NAT gateway and no address', () => {
    const production = stageOf('production')
    expect(production.all('Cluster')).toHaveLength(1)
    expect(production.all('LoadBalancer')).toHaveLength(1)
    expect(production.all('NatGateway')).toEqual([])
    expect(production.all('Eip')).toEqual([])
  })

  it('everything carries the tags by which a bill is read', () => {
    const tags = JSON.parse(stageOf('production').graph.config['aws:defaultTags'] ?? '{}')
    expect(tags).toMatchObject({ tags: { project: 'warm-pods', stage: 'production' } })
  })
})
