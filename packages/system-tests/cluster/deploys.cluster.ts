/** A deploy that changes the pods: refill replaces the slots one by one, and visitors keep their pods. */
import type { V1JobList } from '@kubernetes/client-node'
import { LABELS, OURS } from '@warm-pods/core/identity/names.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { holdConnection } from './_connection.ts'
import { isRoutable, NOT_ROUTABLE, readyGateways } from './_gateway.ts'
import { openNamespace, type TestNamespace } from './_namespace.ts'
import { until } from './_pods.ts'
import { startProduct } from './_product.ts'

let namespace: TestNamespace
beforeAll(async () => {
  namespace = await openNamespace()
})
afterAll(() => namespace?.[Symbol.asyncDispose]())

interface Level {
  readonly warm: number
  readonly starting: number
}

/** Returns the number of warm Jobs by their specification label. */
async function specs(): Promise<Map<string, number>> {
  const { items } = await namespace.json<V1JobList>('get', 'jobs', '-l', `${OURS},${LABELS.assigned}=false`)
  const found = items.map(({ metadata }) => metadata?.labels?.[LABELS.spec] ?? '')
  return new Map(found.map((spec) => [spec, found.filter((other) => other === spec).length]))
}

it('replaces the slots one at a time, and visitors keep their pods until they leave', async (context) => {
  const [first = ''] = await readyGateways(namespace)
  if (!(await isRoutable(first))) return context.skip(NOT_ROUTABLE)
  await using product = await startProduct(namespace)
  await product.wholeAgain()
  const visitors = await Promise.all([product.visitor(), product.visitor()])
  const sessions = await Promise.all(visitors.map(async (one) => (await one.call('POST', '/session')).body))
  const connections = await Promise.all(sessions.map((session) => holdConnection(product.site, session)))
  using _connections = {
    [Symbol.dispose]: () => connections.forEach((connection) => void connection[Symbol.dispose]()),
  }
  await product.wholeBeside(2)
  const [old = ''] = (await specs()).keys()

  product.deploy({ limits: { pingDeadlineMs: 1_001 } }) // the limits are part of the specification
  const levels: Level[] = []
  const pongsBefore = connections.map((connection) => connection.pongs())
  await until(
    'four slots of the new specification',
    async () => {
      const { slots } = await product.pool()
      const count = (state: string): number => slots.filter((slot) => slot.state === state).length
      levels.push({ warm: count('warm'), starting: count('starting') })
      if (levels.length % 10 > 0) return undefined
      const now = await specs()
      return !now.has(old) && [...now.values()].join() === '4' && count('warm') === 4
    },
    50,
  )
  console.log('rotation', levels.length, 'looks; fewest warm', Math.min(...levels.map(({ warm }) => warm)))
  expect(levels.length).toBeGreaterThan(20)
  expect(Math.min(...levels.map(({ warm }) => warm))).toBeGreaterThanOrEqual(3)
  expect(levels.some(({ warm }) => warm === 3)).toBe(true)

  expect(connections.map((connection) => connection.closeCodes)).toEqual([[], []])
  for (const [i, connection] of connections.entries())
    expect(connection.pongs()).toBeGreaterThan((pongsBefore[i] ?? 0) + 5)
  for (const [i, one] of visitors.entries()) {
    const { body } = await one.call('GET', '/session/:id')
    expect(body).toMatchObject({ state: 'live', epoch: 1, pod: { uid: sessions[i]?.pod?.uid } })
    expect((await one.call('DELETE', '/session/:id')).status).toBe(204)
  }
  await product.wholeAgain()
})
