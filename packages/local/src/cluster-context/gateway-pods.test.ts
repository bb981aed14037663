import { expect, it } from 'vitest'
import { gatewayList, readGateways, regionOfPods } from './gateway-pods.ts'

const ready = (status: string) => [{ type: 'Ready', status }]

function pod(name: string, more: object = {}, metadata: object = {}) {
  return {
    metadata: { name, ...metadata },
    status: { podIP: '10.0.0.1', conditions: ready('True'), ...more },
  }
}

it('returns the pods that are Ready and not terminating', () => {
  const items = [
    pod('a'),
    pod('b', { conditions: ready('False') }),
    pod('c', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    { metadata: { name: 'd' } },
  ]
  expect(readGateways({ items })).toEqual({ ready: [{ name: 'a', ip: '10.0.0.1' }], pods: 3 })
})

it.each([
  [{ containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] }, 'ErrImagePull'],
  [{ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] }, 'Unschedulable'],
  [{ containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] }, undefined],
])('reports why a pod is not Ready: %j', (status, problem) => {
  const { problem: reported } = readGateways({ items: [pod('a', { conditions: ready('False'), ...status })] })
  expect(reported).toBe(problem)
})

it('treats a response that is not a list as empty', () => {
  expect(readGateways({})).toEqual({ ready: [], pods: 0 })
  expect(regionOfPods(undefined)).toBeUndefined()
})

it('reads the region from the label of a pod', () => {
  const labelled = pod('b', {}, { labels: { 'topology.kubernetes.io/region': 'eu-central-1' } })
  expect(regionOfPods({ items: [pod('a'), labelled] })).toBe('eu-central-1')
})

it('lists only the gateway’s pods', () => {
  expect(gatewayList('ns')).toBe(
    '/api/v1/namespaces/ns/pods?labelSelector=app.kubernetes.io%2Fname%3Dwarm-pods-gateway',
  )
})
