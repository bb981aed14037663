/** The invariants of design.md, as far as this model reaches, with the numbers of the list there. */
import { epochOf, jobOf, VISITORS, type World } from './_world.ts'

/** @returns the sentence of the first law that this world breaks. */
export function brokenIn(world: World): string | undefined {
  const shared = sharedJob(world)
  if (shared) return `1: ${shared} serves two sessions`
  for (const id of VISITORS) {
    const session = world.sessions[id]
    for (const promise of world.told[id]) {
      const [epoch = '', job = ''] = promise.split(' ')
      if (session?.jobs[Number(epoch) - 1] !== job)
        return `2: ${id} was told of ${job} for epoch ${epoch}, and the row says ${session?.jobs[Number(epoch) - 1]}`
    }
    const isGone = session?.state === 'live' && !(jobOf(session) in world.jobs)
    if (isGone && !world.died.includes(jobOf(session))) return `9: ${jobOf(session)} was deleted under ${id}`
  }
  const twice = world.slots.findIndex((row, slot) => (world.reserved[slot] ?? 0) > row.gen + 1)
  return twice < 0 ? undefined : `7: slot ${twice} was reserved twice in one generation`
}

/** @returns the sentence of the first law that going from one world to the next breaks. */
export function brokenBetween(before: World, after: World): string | undefined {
  for (const [slot, was] of before.slots.entries()) {
    const is = after.slots[slot]
    if (!is) return `5: slot ${slot} is gone`
    if (is.gen < was.gen) return `5: the gen of slot ${slot} went back`
    if (was.state !== 'CLAIMED' || is.state !== 'CLAIMED') continue
    if (is.gen === was.gen && is.sessionId !== was.sessionId)
      return `3: slot ${slot} was ${was.sessionId}’s, and ${is.sessionId} has claimed it too`
  }
  for (const id of VISITORS) {
    const [was, is] = [before.sessions[id], after.sessions[id]]
    if (was && (!is || is.version < was.version || epochOf(is) < epochOf(was)))
      return `5: the session of ${id} went back`
    if (was?.state === 'ended' && is?.state === 'live')
      return `5: the session of ${id} had ended, and lives again`
  }
  return undefined
}

/** @returns the first law that is broken when the system has nothing left to do. */
export function brokenAtRest(world: World): string | undefined {
  const cold = world.slots.findIndex((row) => row.state !== 'WARM')
  if (cold >= 0) return `at rest: slot ${cold} stays ${world.slots[cold]?.state}`
  const warm = world.slots.map((row) => ('job' in row ? row.job : ''))
  const held = VISITORS.flatMap((id) => {
    const session = world.sessions[id]
    return session?.state === 'live' ? [{ id, job: jobOf(session) }] : []
  })
  const orphan = Object.keys(world.jobs).find(
    (job) => !warm.includes(job) && !held.some((h) => h.job === job),
  )
  if (orphan) return `at rest: no row names ${orphan}`
  const unmarked = held.find(({ id, job }) => world.jobs[job] !== id)
  return unmarked ? `at rest: ${unmarked.job} has no label for ${unmarked.id}` : undefined
}

/** A Job that was recorded for, or shown to, both visitors. */
function sharedJob({ sessions, told }: World): string | undefined {
  const [adas, bobs] = VISITORS.map((id) => [
    ...(sessions[id]?.jobs ?? []),
    ...told[id].map((promise) => promise.split(' ')[1] ?? ''),
  ])
  return adas?.find((job) => bobs?.includes(job))
}
