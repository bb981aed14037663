import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEventRecorder } from '../event-recorder.ts'
import { keepNodeRegistered } from '../kubelet/node.ts'
import { conditionOf } from '../pod-predicates.ts'
import { createObject } from '../registry/create-object.ts'
import { deleteObject } from '../registry/delete-object.ts'
import { modify } from '../registry/update-object.ts'
import { startScheduler } from '../scheduler/scheduler.ts'
import { createStore, type Store } from '../store.ts'
import type { Node, Pod, Taint, Toleration } from '../types.ts'
import { startNodeController } from './node-controller.ts'

const NODE = 'node-1'
const AGAIN_MS = 10_000
const unavailable = (reason: string): string =>
  `0/1 nodes are available: 1 ${reason}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`

let store: Store
let close: () => void

beforeEach(() => {
  vi.useFakeTimers()
  store = createStore()
  createObject(store, 'namespaces', undefined, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'a' },
  })
  const events = createEventRecorder(store)
  const options = { nodeName: NODE, zone: 'z', region: 'r', version: 'v1.36.3', address: '127.0.0.1' }
  const parts = [
    keepNodeRegistered(store, options, AGAIN_MS),
    startScheduler(store, events, NODE),
    startNodeController(store, events, NODE),
    events,
  ]
  close = () => {
    for (const part of parts) part.close()
  }
})
afterEach(() => {
  close()
  vi.useRealTimers()
})

function createPod(name: string, tolerations: Toleration[] = []): void {
  const spec = {
    containers: [{ name: 'c', image: 'i' }],
    tolerations: JSON.parse(JSON.stringify(tolerations)),
  }
  createObject(store, 'pods', 'a', { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
}
const settle = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const podNamed = (name: string): Pod | undefined => store.get('pods', 'a', name)
const scheduled = (name: string) => conditionOf(podNamed(name)?.status.conditions, 'PodScheduled')
const eventsOf = (name: string): string[] =>
  store
    .list('events')
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`)
const theNode = (): Node | undefined => store.get('nodes', undefined, NODE)
function changeNode(change: (spec: Node['spec']) => void): void {
  const node = theNode()
  if (!node) throw new Error('Expected the node to be registered')
  modify(store, 'nodes', node, ({ spec }) => change(spec))
}
const taint = (...taints: Taint[]): void =>
  changeNode((spec) => {
    spec.taints = taints
  })

describe('a cordoned node', () => {
  it('has the taint of Kubernetes, gets no new pods, keeps the old ones, and gets the waiting pods afterwards', async () => {
    createPod('old')
    await settle()
    changeNode((spec) => {
      spec.unschedulable = true
    })
    createPod('new')
    createPod('daemon', [{ operator: 'Exists' }])
    await settle()
    expect(theNode()?.spec.taints).toMatchObject([
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: expect.any(String) },
    ])
    expect(scheduled('old')?.status).toBe('True')
    expect(scheduled('daemon')?.status).toBe('True')
    expect(scheduled('new')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: unavailable('node(s) were unschedulable'),
    })
    expect(eventsOf('new')).toEqual([`FailedScheduling: ${unavailable('node(s) were unschedulable')}`])
    changeNode((spec) => {
      delete spec.unschedulable
    })
    await settle()
    expect(theNode()?.spec.taints).toBeUndefined()
    expect(podNamed('new')?.spec.nodeName).toBe(NODE)
  })
})

describe('a taint', () => {
  it('with NoSchedule keeps only new pods without its toleration away', async () => {
    createPod('old')
    await settle()
    taint({ key: 'a', value: 'b', effect: 'NoSchedule' })
    createPod('new')
    createPod('tolerant', [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' }])
    createPod('other', [{ key: 'a', value: 'c' }])
    await settle()
    expect(podNamed('old')?.metadata.deletionTimestamp).toBeUndefined()
    expect(podNamed('tolerant')?.spec.nodeName).toBe(NODE)
    for (const name of ['new', 'other'])
      expect(scheduled(name)?.message).toBe(unavailable('node(s) had untolerated taint(s)'))
  })

  it('with PreferNoSchedule keeps no pod away', async () => {
    taint({ key: 'a', effect: 'PreferNoSchedule' })
    createPod('new')
    await settle()
    expect(podNamed('new')?.spec.nodeName).toBe(NODE)
  })

  it('with NoExecute evicts the pods of the node by their grace period, and later those with a limited toleration', async () => {
    createPod('plain')
    createPod('tolerant', [{ key: 'a', operator: 'Exists' }])
    createPod('patient', [{ key: 'a', operator: 'Exists', tolerationSeconds: 60 }])
    await settle()
    taint({ key: 'a', effect: 'NoExecute', timeAdded: new Date().toISOString() })
    await settle()
    expect(podNamed('plain')?.metadata.deletionGracePeriodSeconds).toBe(30)
    expect(conditionOf(podNamed('plain')?.status.conditions, 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    })
    expect(eventsOf('plain')).toContain('TaintManagerEviction: Marking for deletion Pod a/plain')
    await settle(50_000)
    expect(podNamed('patient')?.metadata.deletionTimestamp).toBeUndefined()
    await settle(11_000)
    expect(podNamed('patient')?.metadata.deletionTimestamp).toBeDefined()
    expect(podNamed('tolerant')?.metadata.deletionTimestamp).toBeUndefined()
  })
})

describe('a deleted node', () => {
  it('keeps its pods, leaves new pods waiting, and is registered again without its taints', async () => {
    createPod('old')
    taint({ key: 'a', effect: 'PreferNoSchedule' })
    await settle()
    const before = theNode()
    deleteObject(store, 'nodes', undefined, NODE)
    createPod('new')
    await settle(AGAIN_MS / 2)
    expect(theNode()).toBeUndefined()
    expect(podNamed('old')?.metadata.deletionTimestamp).toBeUndefined()
    expect(scheduled('new')?.message).toBe('no nodes available to schedule pods')
    await settle(AGAIN_MS)
    expect(theNode()?.spec).toEqual({})
    expect(theNode()?.metadata.uid).not.toBe(before?.metadata.uid)
    expect(podNamed('new')?.spec.nodeName).toBe(NODE)
  })
})
