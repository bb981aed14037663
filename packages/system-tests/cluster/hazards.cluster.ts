/** Failures in the cluster: what the visitor and the pool report, and that the pool is whole afterwards. */
import type { V1PodList } from '@kubernetes/client-node'
import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { OURS } from '@warm-pods/core/identity/names.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { holdConnection } from './_connection.ts'
import { isRoutable, readyGateways } from './_gateway.ts'
import { kubectl } from './_kubectl.ts'
import { openNamespace, type TestNamespace } from './_namespace.ts'
import { until } from './_pods.ts'
import { type Product, startProduct, type TestClient } from './_product.ts'

let namespace: TestNamespace
beforeAll(async () => {
  namespace = await openNamespace()
})
afterAll(() => namespace?.[Symbol.asyncDispose]())

/** A short start budget, so that the test sees a start given up. */
const SHORT_START = { startBudgetMs: 20_000 }
/** An image on every node that is not an echo pod. As user 65532 with a read-only root it exits with an error. */
const CRASHES = 'nginxinc/nginx-unprivileged:stable'

function poolWith(product: Product, what: string, is: (pool: Pool) => boolean): Promise<Pool> {
  return until(what, async () => {
    const pool = await product.pool()
    return is(pool) ? pool : undefined
  })
}

const problemsOf = (pool: Pool): (string | undefined)[] => pool.slots.map(({ problem }) => problem)

it('an image that cannot be pulled: the pool and the session report it, and a deploy of a good image repairs both', async () => {
  await using product = await startProduct(namespace, {
    image: 'registry.invalid/none:1',
    limits: SHORT_START,
  })
  const stuck = await poolWith(
    product,
    'every slot and the pool to report the problem',
    (pool) =>
      !pool.refill.healthy &&
      problemsOf(pool).every((problem) => /^(ErrImagePull|ImagePullBackOff)$/.test(problem ?? '')),
  )
  expect(stuck.refill.problem).toMatch(/ImagePull/)
  const visitor = await product.visitor()
  const { status, body } = await visitor.call('POST', '/session')
  expect([status, body.state]).toEqual([202, 'starting'])
  const waiting = await visitor.until('the session to report the problem', ({ progress }) =>
    Boolean(progress?.some(({ problem }) => problem)),
  )
  expect(waiting.progress?.find(({ step }) => step === 'started')).toMatchObject({
    at: null,
    problem: expect.stringMatching(/ImagePull/),
  })
  const ended = await visitor.until('the start to be given up', ({ state }) => state === 'ended')
  expect(ended.endReason).toBe('failed')
  product.deploy({ limits: SHORT_START })
  await product.wholeAgain()
  const next = await product.visitor()
  expect((await next.call('POST', '/session')).status).toBe(201)
  await next.call('DELETE', '/session/:id')
  await product.wholeAgain()
})

it('an image that crashes at start: the pool reports it, and refill backs off longer each time', async () => {
  await using product = await startProduct(namespace, { image: CRASHES, limits: SHORT_START })
  const crashed = await poolWith(product, 'every slot to report its problem', (pool) =>
    problemsOf(pool).every((problem) => problem !== undefined),
  )
  console.log('crash at start', JSON.stringify(problemsOf(crashed)), crashed.refill.problem)
  expect(crashed.refill.healthy).toBe(false)
  for (const problem of problemsOf(crashed)) expect(problem).toMatch(/^Exited with code [1-9]\d*$/)
  const visitor = await product.visitor()
  expect((await visitor.call('POST', '/session')).status).toBe(202)
  const paused = await poolWith(product, 'a back-off', ({ refill }) => refill.pausedUntil !== undefined)
  expect(paused.refill.healthy).toBe(false)
  expect((await visitor.until('the start to be given up', ({ state }) => state === 'ended')).endReason).toBe(
    'failed',
  )
  product.deploy({ limits: SHORT_START })
  await product.wholeAgain()
})

it('a quota that is used up: a new visitor gets 503 with retry-after, and a released session makes room', async () => {
  await using product = await startProduct(namespace)
  await product.wholeAgain()
  await setQuota(4)
  try {
    const visitors = await Promise.all(Array.from({ length: 4 }, () => product.visitor()))
    const claims = await Promise.all(visitors.map((one) => one.call('POST', '/session')))
    expect(claims.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    const full = await poolWith(
      product,
      'the pool to report the problem',
      ({ refill }) => refill.problem !== undefined,
    )
    expect(full.refill.problem).toMatch(/ResourceQuota/)
    const late = await product.visitor()
    const refused = await late.call('POST', '/session')
    expect([refused.status, refused.body.error.code]).toEqual([503, 'capacity'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    await Promise.all(visitors.map((one) => one.call('DELETE', '/session/:id')))
    await until('room', async () => (await late.call('POST', '/session')).status < 300)
    await late.call('DELETE', '/session/:id')
    const roomAtMs = performance.now()
    // After repeated refusals refill may wait up to a minute before it retries.
    await product.wholeAgain(LIMITS.refillBackOffMaxMs + 90_000)
    console.log('whole', Math.round(performance.now() - roomAtMs), 'ms after there was room')
  } finally {
    await setQuota(LIMITS.cap)
  }
})

/** Changes the quota and waits until the API server shows the new limit. */
async function setQuota(jobs: number): Promise<void> {
  const hard = { 'count/jobs.batch': String(jobs) }
  await namespace.kubectl('patch', 'quota', 'cap', '-p', JSON.stringify({ spec: { hard } }))
  await until('the quota to be known', async () => {
    const output = await namespace.kubectl('get', 'quota', 'cap', '-o', 'jsonpath={.status.hard}')
    return output.includes(`"count/jobs.batch":"${jobs}"`)
  })
}

it('a drained node: visitors get 4001, see the reason while they wait, and get a pod when there is a node again', async (context) => {
  const [gateway = ''] = await readyGateways(namespace)
  if (!(await isRoutable(gateway))) return context.skip()
  await using product = await startProduct(namespace)
  await product.wholeAgain()
  const visitor = await product.visitor()
  const { body: session } = await visitor.call('POST', '/session')
  using connection = await holdConnection(product.site, session)
  await product.wholeBeside(1)
  const nodes = (await kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ')
  // The test evicts only its own pods. It cordons all nodes, as when the last node is drained.
  await kubectl(['cordon', ...nodes])
  try {
    await evictAll()
    expect(await connection.closed).toMatchObject({ code: 4001 })
    expect(connection.messages.at(-1)).toContain('terminating')
    await loseUntilCold(product, visitor)
    const waiting = await visitor.until('the session to report the problem', ({ progress }) =>
      Boolean(progress?.some(({ problem }) => problem)),
    )
    expect(waiting.progress?.find(({ step }) => step === 'scheduled')).toMatchObject({
      problem: 'Unschedulable',
    })
    const empty = await poolWith(product, 'the pool to report the problem', (pool) =>
      problemsOf(pool).includes('Unschedulable'),
    )
    expect(empty.refill.healthy).toBe(false)
    expect(empty.slots.some(({ state }) => state === 'warm')).toBe(false)
  } finally {
    await kubectl(['uncordon', ...nodes])
  }
  const back = await visitor.until('the visitor to hold a pod again', ({ state }) => state === 'live')
  using again = await holdConnection(product.site, back)
  await until('pongs', async () => again.pongs() > 2)
  await visitor.call('DELETE', '/session/:id')
  await product.wholeAgain()
})

/** Recovers as the page does, until the session waits for a cold pod: each warm pod may be dead already. */
async function loseUntilCold(product: Product, visitor: TestClient): Promise<void> {
  await until('a pod that has to be started', async () => {
    const { body } = await visitor.call('GET', '/session/:id')
    if (body.state === 'starting') return true
    const recover = { epoch: body.epoch, how: 'failover' }
    const { body: next } = await visitor.call('POST', '/session/:id/recover', recover)
    if (next.state !== 'live') return next.state === 'starting'
    const opened = await holdConnection(product.site, next).catch(() => undefined)
    await opened?.closed
    return false
  })
}

/** Evicts the pods as `kubectl drain` does: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
async function evictAll(): Promise<void> {
  const { items } = await namespace.json<V1PodList>('get', 'pods', '-l', OURS)
  await Promise.all(
    items.map(({ metadata }) => {
      const name = metadata?.name ?? ''
      const eviction = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace: namespace.name },
      }
      const path = `/api/v1/namespaces/${namespace.name}/pods/${name}/eviction`
      return kubectl(['create', '--raw', path, '-f', '-'], { input: JSON.stringify(eviction) })
    }),
  )
}
