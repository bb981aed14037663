import { DescribeClusterCommand, type DescribeClusterCommandOutput } from '@aws-sdk/client-eks'
import { describe, expect, it } from 'vitest'
import { clusterEndpoint, eksEndpoint } from './cluster-endpoint.ts'
import { isOutage } from './errors.ts'

const CA = Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64')
const FIRST = { endpoint: 'https://first.eks.amazonaws.com', certificateAuthority: { data: CA } }
const SECOND = { endpoint: 'https://second.eks.amazonaws.com', certificateAuthority: { data: CA } }

type Described = NonNullable<DescribeClusterCommandOutput['cluster']>

/** Answers each DescribeCluster with the next of `answers`, then repeats the last. It throws an Error. */
function fakeEks(...answers: (Described | Error | undefined)[]) {
  let calls = 0
  let nowMs = 0
  const send = async (command: unknown): Promise<DescribeClusterCommandOutput> => {
    expect(command).toBeInstanceOf(DescribeClusterCommand)
    expect((command as DescribeClusterCommand).input).toEqual({ name: 'warm' })
    const answer = answers[Math.min(calls++, answers.length - 1)]
    await new Promise((resolve) => setImmediate(resolve))
    if (answer instanceof Error) throw answer
    return { $metadata: {}, ...(answer ? { cluster: answer } : {}) }
  }
  const endpoint = eksEndpoint('warm', { send } as never, () => nowMs)
  const wait = (ms: number): void => {
    nowMs += ms
  }
  return { endpoint, calls: () => calls, wait }
}

/** An error as the AWS SDK throws it. */
function awsError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } })
}

describe('the endpoint of an EKS cluster', () => {
  it('is asked for once, also by concurrent callers, and kept', async () => {
    const { endpoint, calls } = fakeEks({ status: 'ACTIVE', ...FIRST })
    const all = await Promise.all([endpoint.get(), endpoint.get(), endpoint.get()])
    for (const one of [...all, await endpoint.get()]) expect(one).toEqual({ url: FIRST.endpoint, ca: CA })
    expect(calls()).toBe(1)
  })

  it('is asked for again after a failed connection, once for concurrent callers', async () => {
    const { endpoint, calls } = fakeEks({ status: 'ACTIVE', ...FIRST }, { status: 'ACTIVE', ...SECOND })
    endpoint.expire(await endpoint.get())
    const all = await Promise.all([endpoint.get(), endpoint.get()])
    expect(all.map(({ url }) => url)).toEqual([SECOND.endpoint, SECOND.endpoint])
    expect(calls()).toBe(2)
  })

  it('ignores a late failure of an endpoint that it has replaced', async () => {
    const { endpoint, calls } = fakeEks({ status: 'ACTIVE', ...FIRST }, { status: 'ACTIVE', ...SECOND })
    const old = await endpoint.get()
    endpoint.expire(old)
    await endpoint.get()
    endpoint.expire(old)
    await endpoint.get()
    expect(calls()).toBe(2)
  })

  it('stays the same object when EKS returns the same endpoint, so that connections are kept', async () => {
    const { endpoint, calls } = fakeEks({ status: 'ACTIVE', ...FIRST })
    const first = await endpoint.get()
    endpoint.expire(first)
    expect(await endpoint.get()).toBe(first)
    expect(calls()).toBe(2)
  })

  it('stays in use when EKS does not answer after a failed connection', async () => {
    const { endpoint, calls } = fakeEks({ status: 'ACTIVE', ...FIRST }, awsError('ThrottlingException', 429))
    const first = await endpoint.get()
    endpoint.expire(first)
    expect(await endpoint.get()).toBe(first)
    expect(await endpoint.get()).toBe(first)
    expect(calls()).toBe(2)
  })

  it.each([
    ['CREATING', { status: 'CREATING' } as const],
    ['CREATING without a CA', { status: 'CREATING', endpoint: FIRST.endpoint } as const],
    [
      'CREATING with an empty CA',
      { ...FIRST, status: 'CREATING', certificateAuthority: { data: '' } } as const,
    ],
    ['without a cluster', undefined],
  ])('is an outage that names the status, and is not cached, while the answer is %s', async (_, answer) => {
    const { endpoint } = fakeEks(answer, { status: 'ACTIVE', ...FIRST })
    const error: unknown = await endpoint.get().catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'ClusterNotReady', status: answer?.status ?? 'UNKNOWN' })
    expect(isOutage(error)).toBe(true)
    expect((await endpoint.get()).url).toBe(FIRST.endpoint)
  })

  it('forgets an endpoint that EKS no longer returns', async () => {
    const { endpoint } = fakeEks({ status: 'ACTIVE', ...FIRST }, { status: 'DELETING' })
    endpoint.expire(await endpoint.get())
    await expect(endpoint.get()).rejects.toMatchObject({ name: 'ClusterNotReady', status: 'DELETING' })
  })

  it.each([
    awsError('ThrottlingException', 429),
    awsError('AccessDeniedException', 403),
    awsError('ResourceNotFoundException', 404),
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  ])('passes the first error of EKS through as an outage, and is not cached: %s', async (error) => {
    const { endpoint } = fakeEks(error, { status: 'ACTIVE', ...FIRST })
    const caught: unknown = await endpoint.get().catch((thrown: unknown) => thrown)
    expect(caught).toBe(error)
    expect(isOutage(caught)).toBe(true)
    expect((await endpoint.get()).url).toBe(FIRST.endpoint)
  })
})

describe('the state of an EKS cluster', () => {
  it.each(['CREATING', 'UPDATING', 'DELETING', 'FAILED'] as const)(
    'is %s, with or without an endpoint',
    async (status) => {
      expect(await fakeEks({ status }).endpoint.state()).toBe(status)
      expect(await fakeEks({ status, ...FIRST }).endpoint.state()).toBe(status)
    },
  )

  it('is undefined when the cluster is ACTIVE', async () => {
    expect(await fakeEks({ status: 'ACTIVE', ...FIRST }).endpoint.state()).toBeUndefined()
  })

  it('is at most a minute old and shares the request for the endpoint', async () => {
    const { endpoint, calls, wait } = fakeEks(
      { status: 'UPDATING', ...FIRST },
      { status: 'ACTIVE', ...FIRST },
    )
    const [, state] = await Promise.all([endpoint.get(), endpoint.state()])
    expect([state, calls()]).toEqual(['UPDATING', 1])
    wait(60_000)
    expect(await endpoint.state()).toBe('UPDATING')
    wait(1)
    expect(await endpoint.state()).toBeUndefined()
    expect(calls()).toBe(2)
  })

  it('is undefined when EKS does not answer, which is asked again after a minute', async () => {
    const { endpoint, calls, wait } = fakeEks(awsError('AccessDeniedException', 403), { status: 'FAILED' })
    expect([await endpoint.state(), await endpoint.state(), calls()]).toEqual([undefined, undefined, 1])
    wait(60_001)
    expect(await endpoint.state()).toBe('FAILED')
  })
})

it('comes from the configuration, without EKS, when that has an endpoint', async () => {
  const kubernetes = { endpoint: 'http://127.0.0.1:6443', ca: '', token: '', eksCluster: 'warm' }
  const endpoint = clusterEndpoint({ kubernetes, clusterRegion: 'eu-central-1' }, undefined, () => 0)
  endpoint.expire(await endpoint.get())
  expect(await endpoint.get()).toEqual({ url: 'http://127.0.0.1:6443', ca: '' })
  expect(await endpoint.state()).toBeUndefined()
})
