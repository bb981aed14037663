/** Rotation of large pools, whose slots one pass has no time for. */
import { rotatedAtOnce } from '@warm-pods/core/planner/plan-slots.ts'
import { expect, it } from 'vitest'
import { reconcile } from '../src/refill/reconcile.ts'
import { type PoolOf, poolOf } from './_pool-of.ts'

const SIZE = 1_000
const DEPLOYED = 'another specification'

interface Rotation {
  /** Passes that read every row. */
  readonly wholePasses: number
  /** The most slots that were not warm at a time. */
  readonly mostNotWarm: number
}

/** Rotates the pool to another specification, with an invocation of refill each minute. */
async function rotate(pool: PoolOf): Promise<Rotation> {
  const services = { ...pool.services, spec: DEPLOYED }
  const { limits, slots } = services
  let wholePasses = 0
  let mostNotWarm = 0
  const cluster = await services.cluster()
  services.cluster = async () => ({
    ...cluster,
    list: () => {
      wholePasses++
      return cluster.list()
    },
  })
  const notWarm = new Set<number>()
  const move = slots.move.bind(slots)
  slots.move = async (from, to) => {
    const isMoved = await move(from, to)
    if (isMoved && to.state === 'WARM') notWarm.delete(to.slot)
    else if (isMoved) notWarm.add(to.slot)
    mostNotWarm = Math.max(mostNotWarm, notWarm.size)
    return isMoved
  }
  for (let invocation = 0; invocation < 10; invocation++) {
    await reconcile(services, limits.refillRunMs)
    const { slots: rows } = await slots.read()
    const isOver = rows.every((slot) => slot.state === 'WARM' && slot.spec === DEPLOYED)
    if (isOver) return { wholePasses, mostNotWarm }
    pool.sleep(limits.refillEveryMs)
  }
  throw new Error('The rotation did not end within 10 invocations.')
}

it('replaces a twentieth of the slots with each whole pass', async () => {
  const { mostNotWarm, wholePasses } = await rotate(await poolOf(SIZE))
  expect(mostNotWarm).toBeLessThanOrEqual(rotatedAtOnce(SIZE))
  // Each invocation begins and the last one ends with a whole pass that may choose none.
  expect(wholePasses).toBeLessThan(SIZE / rotatedAtOnce(SIZE) + 6)
})
