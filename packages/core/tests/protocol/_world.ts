/**
 * A model of the claim protocol: two tables, a cluster, and the calls and refill invocations that work on them. There is
 * no clock. Everything that the code does after a timeout may happen at any moment, so no result depends on a timeout.
 *
 * The model does not call core/transitions. Its rows have no times, keys and pods, so that the number of worlds stays
 * small, and each guard can be removed from it. An independent model also finds errors of the transitions themselves.
 * protocol.test.ts compares the model with the real planner and the real transitions for every row of the walk.
 */
export type Id = 'ada' | 'bob'
export const VISITORS: readonly Id[] = ['ada', 'bob']
/** `warm-<slot>-<gen>-<count of the slot's reservations>`. A Job stands for its one pod, which is Ready at once. */
export type Job = string

export type SlotRow =
  | { readonly state: 'EMPTY'; readonly gen: number }
  | { readonly state: 'STARTING' | 'WARM'; readonly gen: number; readonly job: Job }
  | ClaimedRow
export interface ClaimedRow {
  readonly state: 'CLAIMED'
  readonly gen: number
  readonly job: Job
  readonly sessionId: Id
  readonly epoch: number
}

export interface SessionRow {
  readonly state: 'live' | 'ended'
  readonly version: number
  /** The Job of each epoch, the present one last. Their number is the epoch. */
  readonly jobs: readonly Job[]
  /** Jobs that the session has left and refill has not deleted. */
  readonly previousJobs: readonly Job[]
}

/** A warm slot, as a call has read it. */
export interface Candidate {
  readonly slot: number
  readonly gen: number
  readonly job: Job
}

/** A request at the API, between two of its steps. */
export type Call = { readonly by: Id } & (
  | { readonly does: 'claim' | 'recover'; readonly epoch: number; readonly at: Reading | Taking | Recording }
  | { readonly does: 'release'; readonly at: { readonly is: 'reading' } | Ending }
)
/** Session and pool are read concurrently. `undefined`: not read yet; `null`: there is none. */
interface Reading {
  readonly is: 'reading'
  readonly session?: SessionRow | null
  readonly pool?: readonly Candidate[]
}
export interface Taking {
  readonly is: 'taking'
  readonly round: number
  readonly seen: SessionRow | null
  readonly candidates: readonly Candidate[]
}
/** The call has claimed a slot and has to write the session row. Without `seen` it must read that row first. */
export interface Recording {
  readonly is: 'recording'
  readonly took: Candidate
  readonly seen?: SessionRow | null
}
interface Ending {
  readonly is: 'ending'
  readonly seen: SessionRow
}

export type Step =
  | {
      readonly do: 'reserve' | 'createJob' | 'markWarm' | 'retire'
      readonly slot: number
      readonly seen: SlotRow
    }
  | {
      readonly do: 'completeClaim'
      readonly slot: number
      readonly seen: ClaimedRow
      readonly session: SessionRow | null
    }
  | { readonly do: 'free'; readonly slot: number; readonly seen: ClaimedRow }
  | {
      readonly do: 'end' | 'dropJob' | 'deleteJob'
      readonly of: Id
      readonly session: SessionRow
      readonly job: Job
    }
  | { readonly do: 'deleteOrphanJob'; readonly job: Job }

/** A refill invocation between two of its steps. Several may overlap. */
export type Run =
  | { readonly is: 'looking'; readonly slot: number; readonly seen: SlotRow }
  | { readonly is: 'acting'; readonly step: Step }
  /** The row is written; the request to the cluster is still to be made. */
  | { readonly is: 'asking'; readonly to: 'create' | 'delete'; readonly job: Job }
  /** The claim is mirrored onto its Job; the slot is still to be emptied. */
  | { readonly is: 'freeing'; readonly slot: number; readonly seen: ClaimedRow }

/** Events that may still happen in this world. */
export interface Budget {
  readonly claims: Readonly<Record<Id, number>>
  readonly recoveries: number
  readonly releases: number
  /** Processes that crash between two of their steps. */
  readonly crashes: number
  /** Jobs that a person deletes. */
  readonly deaths: number
  /** Warm slots that rotation replaces, as after a deploy, or starts that are given up. */
  readonly rotations: number
  /** Concurrent refill invocations. */
  readonly runs: number
}

export interface World {
  readonly slots: readonly SlotRow[]
  readonly sessions: Readonly<Record<Id, SessionRow | null>>
  /** The Jobs that exist, each with the session that its label names. */
  readonly jobs: Readonly<Record<Job, Id | null>>
  readonly calls: readonly Call[]
  readonly runs: readonly Run[]
  readonly budget: Budget
  /** For the laws only: answers to visitors (`<epoch> <job>`), Jobs that a person deleted, reservations of each slot. */
  readonly told: Readonly<Record<Id, readonly string[]>>
  readonly died: readonly Job[]
  readonly reserved: readonly number[]
}

/** One thing that can happen next. */
export interface Move {
  /** A sentence for the history of a broken law. */
  readonly what: string
  /** The system always goes on. Moves of visitors and misfortunes may never come. */
  readonly by: 'system' | 'visitor' | 'misfortune'
  readonly to: World
}

/** A guard of the code. Without it, a law must break. */
export type Guard =
  | 'a claim names state and gen'
  | 'an emptied slot gets the next gen'
  | 'the row is written before its Job is deleted'
  | 'a session is created only where there is none'
  | 'an ended session stays ended'
  | 'a slot is freed only when its session holds the Job'
  | 'half-done claims are finished'
  | 'a claim that lost is retired'

const NOTHING: Budget = {
  claims: { ada: 1, bob: 1 },
  recoveries: 0,
  releases: 0,
  crashes: 0,
  deaths: 0,
  rotations: 0,
  runs: 1,
}

/** Two slots, both warm. */
export function newWorld(budget: Partial<Budget>): World {
  const slots = [0, 1].map((slot): SlotRow => ({ state: 'WARM', gen: 0, job: `warm-${slot}-0-1` }))
  return {
    slots,
    sessions: { ada: null, bob: null },
    jobs: { 'warm-0-0-1': null, 'warm-1-0-1': null },
    calls: [],
    runs: [],
    budget: { ...NOTHING, ...budget },
    told: { ada: [], bob: [] },
    died: [],
    reserved: [1, 1],
  }
}

export const epochOf = (session: SessionRow): number => session.jobs.length
export const jobOf = (session: SessionRow): Job => session.jobs.at(-1) ?? ''

export function withSlot(world: World, slot: number, row: SlotRow): World {
  return { ...world, slots: world.slots.with(slot, row) }
}

export function withSession(world: World, id: Id, row: SessionRow): World {
  return { ...world, sessions: { ...world.sessions, [id]: row } }
}

/** Sorted, so that equal worlds have equal keys. */
export function withJob(world: World, job: Job, of: Id | null): World {
  const jobs = Object.entries({ ...world.jobs, [job]: of }).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...world, jobs: Object.fromEntries(jobs) }
}

export function withoutJob(world: World, job: Job): World {
  const { [job]: _gone, ...jobs } = world.jobs
  return { ...world, jobs }
}

/** The slot's row without its Job, under the next generation. */
export function emptied({ gen }: SlotRow, without?: Guard): SlotRow {
  return { state: 'EMPTY', gen: without === 'an emptied slot gets the next gen' ? gen : gen + 1 }
}

/** A new session on this Job. */
export function created(job: Job): SessionRow {
  return { state: 'live', version: 1, jobs: [job], previousJobs: [] }
}

/** The session one epoch later, on this Job. */
export function movedOn(session: SessionRow, job: Job): SessionRow {
  return {
    ...session,
    state: 'live',
    jobs: [...session.jobs, job],
    previousJobs: [...session.previousJobs, jobOf(session)],
  }
}

/** The session without a Job that it has left. */
export function dropped(session: SessionRow, job: Job): SessionRow {
  return { ...session, previousJobs: session.previousJobs.filter((previous) => previous !== job) }
}

/** Compare-and-set of a slot, as `SlotStore.move` does it. */
export function moveSlot(world: World, slot: number, seen: SlotRow, to: SlotRow): World | undefined {
  const row = world.slots[slot]
  return row?.state === seen.state && row.gen === seen.gen ? withSlot(world, slot, to) : undefined
}

/** Compare-and-set of a session, as `SessionStore.update` does it. */
export function updateSession(world: World, id: Id, seen: SessionRow, next: SessionRow): World | undefined {
  if (world.sessions[id]?.version !== seen.version) return undefined
  return withSession(world, id, { ...next, version: seen.version + 1 })
}
