import { describe, expect, it } from 'vitest'
import { STAGES, type StageName, stageOf } from './stages.ts'

const COSTS_BY_THE_HOUR = /:(Cluster|NatGateway|LoadBalancer|Eip|VpcEndpoint|Instance|Nodegroup)$/

describe('what a stage buys', () => {
  it.each(Object.keys(STAGES) as StageName[])('%s: every kind of resource, counted', (name) => {
    const stage = stageOf(name)
    expect(stage.graph.errors).toEqual([])
    expect(stage.census()).toMatchSnapshot()
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

  it('production buys one cluster, one load balancer, no NAT gateway and no address', () => {
    const production = stageOf('production')
    expect(production.all('Cluster')).toHaveLength(1)
    expect(production.all('LoadBalancer')).toHaveLength(1)
    expect(production.all('NatGateway')).toEqual([])
    expect(production.all('Eip')).toEqual([])
    // Gateway endpoints are free; an interface endpoint is not.
    for (const { inputs } of production.all('VpcEndpoint')) {
      expect(inputs['vpcEndpointType'] ?? 'Gateway').toBe('Gateway')
    }
  })

  it('everything carries the tags by which a bill is read', () => {
    const tags = JSON.parse(stageOf('production').graph.config['aws:defaultTags'] ?? '{}')
    expect(tags).toMatchObject({ tags: { project: 'warm-pods', stage: 'production' } })
  })
})
