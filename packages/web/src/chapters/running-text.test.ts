import { describe, expect, it } from 'vitest'
import { kindOf } from '../lib/cluster-kind.ts'
import { helloText, runsOn, shortImage } from './running-text.ts'

const cluster = (name: string, region: string, version: string | null = 'v1.36.3') => ({
  name,
  region,
  version,
})

describe(runsOn, () => {
  it.each([
    [
      cluster('local', 'local'),
      'local',
      'Local engine on one machine, no cluster; it implements the API of Kubernetes v1.36.3',
    ],
    [
      cluster('simulated', 'this browser', null),
      'simulated',
      'A simulation in this browser: no cluster, no network, no pods',
    ],
    [cluster('kind-kind', '-'), 'cluster', 'Kubernetes v1.36.3 · cluster kind-kind · region unknown'],
    [
      cluster('warm-pods', 'us-east-2', null),
      'cluster',
      'Kubernetes – · cluster warm-pods · us-east-2 (Ohio)',
    ],
    [cluster('x', 'mars-1'), 'cluster', 'Kubernetes v1.36.3 · cluster x · mars-1'],
    [
      { ...cluster('kind-kind', '-'), apiRegion: 'local' },
      'context',
      'Kubernetes v1.36.3 · cluster kind-kind · region unknown',
    ],
    // A cluster named local in an AWS region is a cluster.
    [cluster('local', 'eu-west-1'), 'cluster', 'Kubernetes v1.36.3 · cluster local · eu-west-1 (Ireland)'],
  ])('names where %j runs', (where, kind, sentence) => {
    expect(kindOf(where)).toBe(kind)
    expect(runsOn(where)).toBe(sentence)
  })
})

describe(helloText, () => {
  const hello = {
    type: 'hello',
    uid: 'a',
    name: '',
    alias: '',
    node: '',
    zone: '',
    image: 'pod:1',
    startedAt: '',
    epoch: 1,
  } as const

  it.each([
    ['agrees', { uid: 'a' }, hello, /reports the same UID.* pod:1/],
    ['disagrees', { uid: 'b' }, hello, /sent another UID than the API: a\./],
    ['is silent', { uid: 'a' }, undefined, /has not sent/],
  ] as const)('shows when the pod %s', (_, pod, hello, text) => expect(helloText(pod, hello)).toMatch(text))
})

describe(shortImage, () => {
  it.each([
    [`pod@sha256:${'0a1b2c3d4e5f'.padEnd(64, '6')}`, 'pod@sha256:0a1b2c3d4e5f…'],
    ['warm-pods/pod:local', 'warm-pods/pod:local'],
  ])('shows %s as %s', (image, shown) => expect(shortImage(image)).toBe(shown))
})
