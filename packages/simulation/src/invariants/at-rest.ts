/**
 * The conditions at rest: every slot is warm with the current specification, no row without a pod, no pod without a
 * row.
 */
import type { World } from '../world.ts'
import type { SlotItem } from './rows.ts'

/** Returns the unmet conditions; empty when the system is at rest. */
export function notAtRest(world: World): string[] {
  const { kube, slots, sessions, spec } = world
  const isLeft = ({ slot, state }: SlotItem): boolean => Number(slot) >= slots.target && state === 'EMPTY'
  const rows = [...slots.rows.values()].filter((row) => !isLeft(row))
  const named = new Set(rows.map(({ job }) => job))
  const found: string[] = []
  if (rows.length !== slots.target) found.push(`${rows.length} slots`)
  for (const row of rows) {
    const pod = [...kube.pods.values()].find(({ uid }) => uid === row.pod?.uid)
    const job = kube.jobs.get(row.job ?? '')
    if (row.state !== 'WARM') found.push(`slot ${row.slot} is ${row.state}`)
    else if (row.spec !== spec) found.push(`slot ${row.slot} has an older specification`)
    else if (!job || job.ended) found.push(`slot ${row.slot} has no Job`)
    else if (!pod?.ready || pod.deletion || pod.exit) found.push(`slot ${row.slot} has no Ready pod`)
  }
  for (const job of kube.jobs.keys()) if (!named.has(job)) found.push(`Job ${job} is in no slot`)
  for (const pod of kube.pods.values())
    if (!pod.exit && !named.has(pod.jobName)) found.push(`pod ${pod.uid} of ${pod.jobName} is in no slot`)
  for (const row of sessions.rows.values())
    if (row.live !== undefined) found.push(`session ${row.sessionId} is ${row.state}, not finalized`)
  return found
}

/** Returns the ids of sessions whose lease or end passed more than `graceMs` ago, and that have not ended. */
export function overdue(world: World, graceMs: number): string[] {
  const nowMs = world.wallMs()
  return [...world.sessions.rows.values()]
    .filter((row) => row.state !== 'ended')
    .filter((row) => nowMs - graceMs > Math.min(Date.parse(row.leaseEndsAt), Date.parse(row.endsAt)))
    .map((row) => row.sessionId)
}

/** Returns the session ids, uids, Jobs and slots in these messages. */
export function subjectsIn(messages: readonly string[]): string[] {
  return messages.flatMap(
    (text) => text.match(/[0-9a-f]{32}|[0-9a-f-]{36}|(?:warm|cold)-\S+|slot \d+/g) ?? [],
  )
}
