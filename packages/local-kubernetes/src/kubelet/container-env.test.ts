import { describe, expect, it } from 'vitest'
import type { Container, Pod } from '../types.ts'
import { containerEnv } from './container-env.ts'

const container = (env: Container['env']): Container => ({
  name: 'c',
  image: 'i',
  imagePullPolicy: 'Always',
  resources: {},
  env: env ?? [],
})
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    labels: { 'a/b': 'c' },
  },
  spec: { containers: [], restartPolicy: 'Never', terminationGracePeriodSeconds: 1, nodeName: 'node' },
  status: { phase: 'Pending', podIP: '127.88.0.1' },
}

describe(containerEnv, () => {
  it('inherits PATH and no other variable', () => {
    expect(Object.keys(containerEnv(pod, container([])))).toEqual(['PATH', 'HOSTNAME'])
  })
  it('reads labels by their keys; a missing label is empty', () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
    const env = containerEnv(
      pod,
      container([field('A', "metadata.labels['a/b']"), field('B', "metadata.annotations['none']")]),
    )
    expect(env).toMatchObject({ A: 'c', B: '' })
  })
})
