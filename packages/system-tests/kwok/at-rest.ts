/** The invariants at rest, compared between the rows and the API server. */
import type { V1JobList, V1PodList } from '@kubernetes/client-node'
import { OURS } from '@warm-pods/core/identity/names.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { TestNamespace } from '../cluster/_namespace.ts'
import type { Product } from './product.ts'

/** The generation of each slot, to compare with a later one. */
export type Generations = ReadonlyMap<number, number>

/** What a check has found. */
export interface AtRest {
  /** The violations; empty when every invariant holds. */
  readonly found: readonly string[]
  readonly generations: Generations
}

/**
 * Checks that each slot is warm with the current specification and its own Ready pod. Each live session must have its pod, and no other
 * Job or pod may exist. Generations must not have fallen since `before`.
 */
export async function checkAtRest(
  product: Product,
  namespace: TestNamespace,
  live: readonly string[],
  before: Generations = new Map(),
): Promise<AtRest> {
  const { limits, sessions: store, slots: slotStore, spec } = product.services
  const { slots } = await slotStore.read()
  const sessions = await store.getMany(live)
  const [jobs, pods] = await Promise.all([
    namespace.json<V1JobList>('get', 'jobs', '-l', OURS),
    namespace.json<V1PodList>('get', 'pods', '-l', OURS),
  ])
  const found: string[] = []
  const check = (holds: boolean, message: () => string): void => {
    if (!holds && found.length < 20) found.push(message())
  }
  const names = new Set(jobs.items.map(({ metadata }) => metadata?.name ?? ''))
  const ready = new Map(
    pods.items
      .filter(({ metadata }) => !metadata?.deletionTimestamp)
      .filter(({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      )
      .map((pod) => [pod.metadata?.uid ?? '', pod.metadata?.labels?.['job-name'] ?? '']),
  )
  check(
    slots.length === limits.target,
    () => `There are ${slots.length} slots, and ${limits.target} were expected.`,
  )
  const owners = new Map<string, string>()
  const own = (uid: string, owner: string): void => {
    check(!owners.has(uid), () => `Pod ${uid} belongs to ${owners.get(uid)} and to ${owner}.`)
    owners.set(uid, owner)
  }
  const named = new Set<string>()
  for (const slot of slots) {
    const { gen, slot: number, state } = slot
    check(gen >= (before.get(number) ?? 0), () => `The generation of slot ${number} fell to ${gen}.`)
    check(state === 'WARM', () => `Slot ${number} is ${state}.`)
    if (slot.state !== 'WARM') continue
    named.add(slot.job)
    own(slot.pod.uid, `slot ${number}`)
    check(slot.spec === spec, () => `Slot ${number} has an older specification.`)
    check(names.has(slot.job), () => `Slot ${number} has no Job.`)
    check(ready.get(slot.pod.uid) === slot.job, () => `Slot ${number} has no Ready pod.`)
  }
  check(sessions.length === live.length, () => `There are ${sessions.length} of ${live.length} sessions.`)
  for (const session of sessions) checkSession(session, { check, own, named, names, ready })
  for (const name of names) check(named.has(name), () => `Job ${name} is in no row.`)
  for (const [uid, job] of ready) check(named.has(job), () => `Pod ${uid} of ${job} is in no row.`)
  check(names.size <= limits.cap, () => `There are ${names.size} Jobs, more than the quota.`)
  return { found, generations: new Map(slots.map(({ gen, slot }) => [slot, gen])) }
}

function checkSession(
  { job, pod, sessionId, state }: SessionRow,
  {
    check,
    named,
    names,
    own,
    ready,
  }: {
    readonly check: (holds: boolean, message: () => string) => void
    readonly own: (uid: string, owner: string) => void
    readonly named: Set<string>
    readonly names: ReadonlySet<string>
    readonly ready: ReadonlyMap<string, string>
  },
): void {
  // A visitor whose pod did not start in time has none. Its Job must be gone, which the check of unnamed Jobs shows.
  if (state === 'ended') return
  named.add(job)
  check(state === 'live' && pod !== undefined, () => `Session ${sessionId} is ${state}.`)
  if (!pod) return
  own(pod.uid, `session ${sessionId}`)
  check(names.has(job) && ready.get(pod.uid) === job, () => `Session ${sessionId} has no Ready pod.`)
}
