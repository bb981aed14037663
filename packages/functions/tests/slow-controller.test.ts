/** A fill whose Jobs come faster than Kubernetes' Job controller creates their pods. */
import { expect, it } from 'vitest'
import { reconcile } from '../src/refill/reconcile.ts'
import { poolOf } from './_pool-of.ts'

const SIZE = 700
const PODS_PER_SECOND = 5

it('a fill creates each Job once, and few Jobs wait for their pods', async () => {
  const pool = await poolOf(SIZE, 'none', PODS_PER_SECOND)
  const { calls, services, sleep } = pool
  const { cluster, limits, monotonic, slots } = services
  let mostAwaited = 0
  const adapter = await cluster()
  services.cluster = async () => ({
    ...adapter,
    createJob: async (job) => {
      const created = await adapter.createJob(job)
      mostAwaited = Math.max(mostAwaited, pool.awaitedPods())
      return created
    },
  })
  const startedMs = monotonic()
  let warm = 0
  for (let invocation = 0; warm < SIZE && invocation < 10; invocation++) {
    const beganMs = monotonic()
    await reconcile(services, limits.refillRunMs)
    sleep(Math.max(0, limits.refillEveryMs - (monotonic() - beganMs)))
    warm = (await slots.read()).slots.filter(({ state }) => state === 'WARM').length
  }
  expect(warm).toBe(SIZE)
  expect(calls.filter(({ name }) => name === 'create Job')).toHaveLength(SIZE)
  expect(mostAwaited).toBeLessThanOrEqual(limits.jobsWithoutPod)
  // The Job controller works while an invocation runs, and on the rest of its Jobs until the next one.
  const leastMs = (SIZE / PODS_PER_SECOND) * 1_000
  expect(monotonic() - startedMs).toBeLessThan(1.5 * leastMs)
})
