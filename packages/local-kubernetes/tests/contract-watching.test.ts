/** Watches: the events that a client gets, their order, and the versions from which it may resume. */

import { expect, it } from 'vitest'
import { type Client, isRunning, type WatchEvent } from './_client.ts'
import { contract } from './_contract.ts'

const MERGE = 'application/merge-patch+json'
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const suspended = { spec: { suspend: true } }
const summaryOf = (events: readonly WatchEvent[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name}`)

contract('watches', { concurrent: true }, (open) => {
  const label = (client: Client, name: string, labels: object) =>
    client.call('PATCH', `${client.paths.jobs}/${name}`, { body: { metadata: { labels } }, type: MERGE })

  it('begins with the existing objects when no version is given', async () => {
    const client = open()
    await client.createJob('there', { ...suspended, labels: { w: 'begin' } })
    const events = await client.watchUntil(
      `${client.paths.jobs}?watch=1&labelSelector=w%3Dbegin`,
      (seen) => seen.length > 0,
    )
    expect(events[0]).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Job', apiVersion: 'batch/v1', metadata: { name: 'there' } },
    })
    await client.removeJob('there')
  })

  it('resumes from the version of a list and misses no later change', async () => {
    const client = open()
    const { resourceVersion } = (await client.call('GET', client.paths.jobs)).body.metadata
    await client.createJob('since', { ...suspended, labels: { w: 'since' } })
    await label(client, 'since', { step: '2' })
    await client.removeJob('since')
    const query = `?watch=1&labelSelector=w%3Dsince&resourceVersion=${resourceVersion}`
    const events = await client.watchUntil(client.paths.jobs + query, (seen) =>
      seen.some(({ type }) => type === 'DELETED'),
    )
    expect(summaryOf(events)[0]).toBe('ADDED since')
    expect(summaryOf(events).at(-1)).toBe('DELETED since')
    expect(
      events.some(({ type, object }) => type === 'MODIFIED' && object.metadata.labels?.step === '2'),
    ).toBe(true)
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  })

  it('sends DELETED for an object that stops matching, and ADDED for one that begins to match', async () => {
    const client = open()
    const { resourceVersion } = (await client.call('GET', client.paths.jobs)).body.metadata
    await client.createJob('crossing', { ...suspended, labels: { w: 'cross', assigned: 'false' } })
    await client.jobThat('crossing', 'stable', ({ status }) => (status.conditions?.length ?? 0) > 0)
    const left = await label(client, 'crossing', { assigned: 'true' })
    await label(client, 'crossing', { other: 'change' })
    await label(client, 'crossing', { assigned: 'false' })
    const query = `?watch=1&labelSelector=w%3Dcross,assigned%3Dfalse&resourceVersion=${resourceVersion}`
    const all = await client.watchUntil(
      client.paths.jobs + query,
      (seen) => seen.filter(({ type }) => type === 'ADDED').length === 2,
    )
    // Its controller may modify it several times at first.
    const events = all.filter(({ type }) => type !== 'MODIFIED')
    expect(summaryOf(events)).toEqual(['ADDED crossing', 'DELETED crossing', 'ADDED crossing'])
    // The last matching state, with the version at which it stopped matching.
    expect(events[1]?.object.metadata.labels?.assigned).toBe('false')
    expect(events[1]?.object.metadata.resourceVersion).toBe(left.body.metadata.resourceVersion)
    await client.removeJob('crossing')
  })

  it('watches one object by its name', async () => {
    const client = open()
    await client.createJob('named', suspended)
    const query = `?watch=1&fieldSelector=metadata.name%3Dnamed`
    const events = await client.watchUntil(client.paths.jobs + query, (seen) => seen.length > 0)
    expect(summaryOf(events)).toContain('ADDED named')
    await client.removeJob('named')
  })

  it('ends after timeoutSeconds', async () => {
    const client = open()
    const from = performance.now()
    await client.watchUntil(`${client.paths.jobs}?watch=1&timeoutSeconds=1`, () => false)
    expect(performance.now() - from).toBeGreaterThan(900)
  })

  it('marks the end of the initial events when the client requests them', async () => {
    const client = open()
    await client.createJob('initial', { ...suspended, labels: { w: 'initial' } })
    const query =
      '?watch=1&labelSelector=w%3Dinitial&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const events = await client.watchUntil(client.paths.jobs + query, (seen) =>
      seen.some(({ type }) => type === 'BOOKMARK'),
    )
    expect(summaryOf(events)[0]).toBe('ADDED initial')
    const mark = events.find(({ type }) => type === 'BOOKMARK')
    expect(mark?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    expect(mark?.object.metadata.resourceVersion).toMatch(/^\d+$/)
    const bare = await client.call('GET', `${client.paths.jobs}?watch=1&sendInitialEvents=true`)
    expect(bare.status).toBe(422)
    await client.removeJob('initial')
  })

  it('shows tables with the columns of kubectl get, and -o wide behind them', async () => {
    const client = open()
    await client.createJob('table')
    await client.pod('table', 'running', isRunning)
    const columns = async (path: string, priority: number) =>
      (await client.call('GET', path, { accept: TABLE })).body.columnDefinitions
        ?.filter((one) => one.priority === priority)
        .map(({ name }) => name)
    expect(await columns(client.paths.pods, 0)).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age'])
    expect(await columns(client.paths.pods, 1)).toEqual(['IP', 'Node', 'Nominated Node', 'Readiness Gates'])
    expect(await columns(client.paths.jobs, 0)).toEqual(['Name', 'Status', 'Completions', 'Duration', 'Age'])
    expect(await columns(client.paths.jobs, 1)).toEqual(['Containers', 'Images', 'Selector'])
    expect(await columns(client.paths.events, 0)).toEqual([
      'Last Seen',
      'Type',
      'Reason',
      'Object',
      'Message',
    ])
    expect(await columns('/api/v1/namespaces', 0)).toEqual(['Name', 'Status', 'Age'])
    expect(await columns('/api/v1/nodes', 0)).toEqual(['Name', 'Status', 'Roles', 'Age', 'Version'])
    expect(await columns(`/api/v1/namespaces/${client.namespace}/resourcequotas`, 0)).toEqual([
      'Name',
      'Request',
      'Limit',
      'Age',
    ])
    const { body } = await client.call('GET', `${client.paths.pods}?labelSelector=job-name%3Dtable`, {
      accept: TABLE,
    })
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    const [row] = body.rows
    expect(row?.cells.slice(1, 4)).toEqual(['1/1', 'Running', '0'])
    expect(row?.object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' })
    await client.removeJob('table')
  })

  it('watches in tables, and sends the columns once', async () => {
    const client = open()
    const query = '?watch=1&labelSelector=job-name%3Drows'
    const watching = client.watchUntil(
      client.paths.pods + query,
      (seen) => seen.some(({ type }) => type === 'DELETED'),
      TABLE,
    )
    await client.createJob('rows')
    await client.pod('rows', 'running', isRunning)
    await client.removeJob('rows')
    const events = await watching
    expect(events.map(({ object }) => object.kind)).toEqual(events.map(() => 'Table'))
    expect(events[0]?.object.columnDefinitions?.length).toBe(9)
    expect(events.slice(1).every(({ object }) => object.columnDefinitions === null)).toBe(true)
    const states = [...new Set(events.map(({ object }) => String(object.rows[0]?.cells[2])))]
    expect(states.filter((state) => state !== 'Error')).toEqual([
      'Pending',
      'ContainerCreating',
      'Running',
      'Terminating',
    ])
  })
})
