import { expect, it } from 'vitest'
import { testSystem } from '../../functions/tests/_system.ts'
import { CLAIMS_AT_ONCE, queueClaims } from '../src/dev-server/claim-queue.ts'

it('gives the warm pods to the first callers, and no claim waits for the Job of another', async () => {
  await using system = await testSystem({ handlerOver: queueClaims })
  await system.refill()
  system.cluster.createJob = () => new Promise(() => {})
  const visitors = await Promise.all(Array.from({ length: 4 + 2 * CLAIMS_AT_ONCE }, () => system.visitor()))
  const answers = visitors.map((visitor) => visitor.post('/session'))
  const first = await Promise.all(answers.slice(0, 4))
  expect(first.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  // By now more claims than may run at once hang in Kubernetes.
  const coldSessions = async () => (await system.everything()).filter(({ source }) => source === 'cold')
  await expect.poll(coldSessions).toHaveLength(2 * CLAIMS_AT_ONCE)
  expect((await visitors[0]?.post('/session'))?.status).toBe(201)
})

it('works on at most CLAIMS_AT_ONCE claims at a time, and on reads beside them', async () => {
  await using system = await testSystem({ handlerOver: queueClaims })
  const { claimReads } = system.services
  const read = claimReads.read
  const reads = Promise.withResolvers<void>()
  let waiting = 0
  claimReads.read = async (sessionId) => {
    waiting++
    await reads.promise
    return read.call(claimReads, sessionId)
  }
  const visitors = await Promise.all(Array.from({ length: CLAIMS_AT_ONCE + 2 }, () => system.visitor()))
  const claims = visitors.map((visitor) => visitor.post('/session'))
  await expect.poll(() => waiting).toBe(CLAIMS_AT_ONCE)
  expect((await visitors[0]?.get('/session/:id'))?.status).toBe(404)
  expect(waiting).toBe(CLAIMS_AT_ONCE)
  reads.resolve()
  expect((await Promise.all(claims)).map(({ status }) => status)).toEqual(claims.map(() => 202))
})
