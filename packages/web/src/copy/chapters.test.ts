import { describe, expect, it } from 'vitest'
import { kindOf, meaning, ownWord, runningTotal, runsOn, share, shortImage, stageMs } from './chapters.ts'

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
      'Local engine on one machine, no cluster; it speaks the API of Kubernetes v1.36.3',
    ],
    [
      cluster('simulated', 'this browser', null),
      'simulated',
      'A simulation in this browser: no cluster, no network, no pods',
    ],
    [cluster('kind-kind', '-'), 'cluster', 'Kubernetes v1.36.3 · cluster kind-kind · region not told'],
    [
      cluster('warm-pods', 'us-east-2', null),
      'cluster',
      'Kubernetes – · cluster warm-pods · us-east-2 (Ohio)',
    ],
    [cluster('x', 'mars-1'), 'cluster', 'Kubernetes v1.36.3 · cluster x · mars-1'],
    [
      { ...cluster('kind-kind', '-'), apiRegion: 'local' },
      'context',
      'Kubernetes v1.36.3 · cluster kind-kind · region not told',
    ],
    // A cluster that is only called local is a cluster.
    [cluster('local', 'eu-west-1'), 'cluster', 'Kubernetes v1.36.3 · cluster local · eu-west-1 (Ireland)'],
  ])('tells the truth about %j', (where, kind, sentence) => {
    expect(kindOf(where)).toBe(kind)
    expect(runsOn(where)).toBe(sentence)
  })
})

describe(ownWord, () => {
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
    ['agrees', { uid: 'a' }, hello, /says the same of itself.* pod:1/],
    ['disagrees', { uid: 'b' }, hello, /gives another UID than the API: a\./],
    ['is silent', { uid: 'a' }, undefined, /has not said/],
  ] as const)('says so when the pod %s', (_, pod, said, sentence) =>
    expect(ownWord(pod, said)).toMatch(sentence),
  )
})

describe(shortImage, () => {
  it.each([
    [`pod@sha256:${'0a1b2c3d4e5f'.padEnd(64, '6')}`, 'pod@sha256:0a1b2c3d4e5f…'],
    ['warm-pods/pod:local', 'warm-pods/pod:local'],
  ])('shows %s as %s', (image, shown) => expect(shortImage(image)).toBe(shown))
})

describe(share, () => {
  it.each([
    [0, '0.0 %'],
    [0.95, '95.0 %'],
    [0.9994, '99.9 %'],
    [0.99999, 'over 99.9 %'],
    [1, '100.0 %'],
  ])('prints %d as %s: nothing is rounded up to certainty', (of, text) => expect(share(of)).toBe(text))
})

it('prints stages as finely as they are timed', () =>
  expect([0.04, 4.79, 14.3, 120.4].map(stageMs)).toEqual(['0.04 ms', '4.79 ms', '14.3 ms', '120 ms']))

it('says of a clock that has stopped growing that it waits for a report', () => {
  expect(runningTotal(3_000, 3_100)).toBe('3.0 s, still running')
  expect(runningTotal(10_080, 13_000)).toBe('over 10.1 s, not reported yet')
})

it('tells of a blank number what it waits for', () => {
  expect(meaning('p99', { value: undefined, needs: 100, has: 37 })).toMatch(
    /p99 needs 100 pings, 37 so far\.$/,
  )
  expect(meaning('now', { value: undefined, needs: 1, has: 0 })).toMatch(/Mean: .* needs 1 ping, 0 so far\.$/)
  expect(meaning('p50', { value: 4, needs: 8, has: 9 })).not.toMatch(/needs/)
})
