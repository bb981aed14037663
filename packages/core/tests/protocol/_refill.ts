/** Refill: its plan for one slot, session or Job, and the execution of each step. A move is one read or one write. */
import { sorted } from './_calls.ts'
import type { ClaimedRow, Guard, Id, Job, Move, Run, SessionRow, SlotRow, Step, World } from './_world.ts'
import {
  created,
  dropped,
  emptied,
  epochOf,
  jobOf,
  movedOn,
  moveSlot,
  updateSession,
  VISITORS,
  withJob,
  withoutJob,
  withSession,
} from './_world.ts'

type Next = Omit<Move, 'by'>

/** The first moves of a refill invocation. A warm slot whose Job exists needs none, so that a world can come to rest. */
export function looks(world: World): Next[] {
  const begun = (run: Run, what: string): Next => ({
    what,
    to: { ...world, runs: sorted([...world.runs, run]) },
  })
  const slots = world.slots.flatMap((seen, slot) => {
    const isWell = seen.state === 'WARM' && seen.job in world.jobs
    return isWell ? [] : [begun({ is: 'looking', slot, seen }, `refill reads slot ${slot}`)]
  })
  const sessions = VISITORS.flatMap((id) => {
    const session = world.sessions[id]
    const step = session && planSession(id, session, world)
    return step ? [begun({ is: 'acting', step }, `refill reads the session of ${id}`)] : []
  })
  const sweeps = Object.keys(world.jobs).flatMap((job) =>
    isNamed(world, job)
      ? []
      : [begun({ is: 'acting', step: { do: 'deleteOrphanJob', job } }, `refill finds ${job} unnamed`)],
  )
  return [...slots, ...sessions, ...sweeps]
}

/** Rotation may find any warm slot too old, and any start too slow. */
export function rotations(world: World): Next[] {
  return world.slots.flatMap((seen, slot) => {
    if (seen.state !== 'WARM' && seen.state !== 'STARTING') return []
    const run: Run = { is: 'acting', step: { do: 'retire', slot, seen } }
    return [
      {
        what: `refill finds slot ${slot} too ${seen.state === 'WARM' ? 'old' : 'slow'}`,
        to: { ...world, runs: sorted([...world.runs, run]) },
      },
    ]
  })
}

/** The next move of the refill invocation at `index`. */
export function runMove(world: World, index: number, without: Guard | undefined): Next {
  const run = world.runs[index]
  if (!run) throw new Error('There is such a run.')
  const done = { ...world, runs: world.runs.toSpliced(index, 1) }
  const then = (to: World, next: Run): World => ({ ...to, runs: sorted([...to.runs, next]) })
  switch (run.is) {
    case 'looking': {
      const session = run.seen.state === 'CLAIMED' ? world.sessions[run.seen.sessionId] : null
      const step = planSlot(
        run.slot,
        run.seen,
        session,
        'job' in run.seen && run.seen.job in world.jobs,
        without,
      )
      const what = `refill plans ${step?.do ?? 'nothing'} for slot ${run.slot}`
      return { what, to: step ? then(done, { is: 'acting', step }) : done }
    }
    case 'acting':
      return act(done, run.step, then, without)
    case 'asking':
      return run.to === 'create'
        ? {
            what: `refill creates ${run.job}`,
            to: run.job in world.jobs ? done : withJob(done, run.job, null),
          }
        : { what: `refill deletes ${run.job}`, to: withoutJob(done, run.job) }
    case 'freeing': {
      const to = moveSlot(done, run.slot, run.seen, emptied(run.seen, without)) ?? done
      return {
        what: to === done ? `refill is too late for slot ${run.slot}` : `refill empties slot ${run.slot}`,
        to,
      }
    }
    default:
      return run satisfies never
  }
}

/** The model of planSlots, for one slot, the session that it names, and whether its Job exists. */
export function planSlot(
  slot: number,
  seen: SlotRow,
  session: SessionRow | null,
  jobIsThere: boolean,
  without?: Guard,
): Step | undefined {
  switch (seen.state) {
    case 'EMPTY':
      return { do: 'reserve', slot, seen }
    case 'STARTING':
      return { do: jobIsThere ? 'markWarm' : 'createJob', slot, seen }
    case 'WARM':
      return jobIsThere ? undefined : { do: 'retire', slot, seen }
    case 'CLAIMED':
      return planClaimed(slot, seen, session, without)
    default:
      return seen satisfies never
  }
}

function planClaimed(
  slot: number,
  seen: ClaimedRow,
  session: SessionRow | null,
  without: Guard | undefined,
): Step | undefined {
  const owns = session?.jobs.at(-1) === seen.job || session?.previousJobs.includes(seen.job)
  if (owns || without === 'a slot is freed only when its session holds the Job')
    return { do: 'free', slot, seen }
  if (session && (epochOf(session) >= seen.epoch || session.state === 'ended'))
    return without === 'a claim that lost is retired' ? undefined : { do: 'retire', slot, seen }
  return without === 'half-done claims are finished'
    ? undefined
    : { do: 'completeClaim', slot, seen, session }
}

/** The model of planSession: delete the Jobs of an ended session, end one without a Job, drop a previous Job. */
export function planSession(of: Id, session: SessionRow, { jobs }: Pick<World, 'jobs'>): Step | undefined {
  if (session.state === 'ended') {
    const job = [jobOf(session), ...session.previousJobs].find((name) => name in jobs)
    return job === undefined ? undefined : { do: 'deleteJob', of, session, job }
  }
  if (!(jobOf(session) in jobs)) return { do: 'end', of, session, job: jobOf(session) }
  const [old] = session.previousJobs
  return old === undefined ? undefined : { do: 'dropJob', of, session, job: old }
}

function isNamed({ sessions, slots }: World, job: Job): boolean {
  const bySlot = slots.some((row) => 'job' in row && row.job === job)
  return (
    bySlot ||
    VISITORS.some((id) => sessions[id]?.jobs.at(-1) === job || sessions[id]?.previousJobs.includes(job))
  )
}

function act(
  world: World,
  step: Step,
  then: (to: World, next: Run) => World,
  without: Guard | undefined,
): Next {
  switch (step.do) {
    case 'reserve': {
      const count = (world.reserved[step.slot] ?? 0) + 1
      const job = `warm-${step.slot}-${step.seen.gen}-${count}`
      const to = moveSlot(world, step.slot, step.seen, { state: 'STARTING', gen: step.seen.gen, job })
      if (!to) return tooLate(world, step.slot)
      const reserved = { ...to, reserved: to.reserved.with(step.slot, count) }
      return {
        what: `refill reserves slot ${step.slot} for ${job}`,
        to: then(reserved, { is: 'asking', to: 'create', job }),
      }
    }
    case 'createJob': {
      const job = jobIn(step.seen)
      return { what: `refill creates ${job}`, to: job in world.jobs ? world : withJob(world, job, null) }
    }
    case 'markWarm': {
      const to = moveSlot(world, step.slot, step.seen, {
        state: 'WARM',
        gen: step.seen.gen,
        job: jobIn(step.seen),
      })
      return to ? { what: `refill marks slot ${step.slot} warm`, to } : tooLate(world, step.slot)
    }
    case 'retire': {
      const job = jobIn(step.seen)
      const to = moveSlot(world, step.slot, step.seen, emptied(step.seen, without))
      if (!to && without !== 'the row is written before its Job is deleted') return tooLate(world, step.slot)
      return {
        what: `refill retires slot ${step.slot}`,
        to: then(to ?? world, { is: 'asking', to: 'delete', job }),
      }
    }
    case 'completeClaim':
      return completeClaim(world, step)
    case 'free': {
      const marked = step.seen.job in world.jobs ? withJob(world, step.seen.job, step.seen.sessionId) : world
      const next: Run = { is: 'freeing', slot: step.slot, seen: step.seen }
      return { what: `refill marks ${step.seen.job} as ${step.seen.sessionId}’s`, to: then(marked, next) }
    }
    case 'end': {
      const to = updateSession(world, step.of, step.session, { ...step.session, state: 'ended' })
      return { what: `refill ends the session of ${step.of}, whose Job is gone`, to: to ?? world }
    }
    case 'dropJob': {
      const to = updateSession(world, step.of, step.session, dropped(step.session, step.job))
      const what = `refill strikes ${step.job} from the session of ${step.of}`
      return { what, to: to ? then(to, { is: 'asking', to: 'delete', job: step.job }) : world }
    }
    case 'deleteJob':
      return { what: `refill deletes ${step.job} of an ended session`, to: withoutJob(world, step.job) }
    case 'deleteOrphanJob':
      // The rows are read once more.
      return {
        what: `refill deletes ${step.job}, which no row names`,
        to: isNamed(world, step.job) ? world : withoutJob(world, step.job),
      }
    default:
      return step satisfies never
  }
}

function completeClaim(world: World, { seen, session }: Step & { do: 'completeClaim' }): Next {
  const what = `refill completes the claim of ${seen.sessionId}, on ${seen.job}`
  if (session) {
    return { what, to: updateSession(world, seen.sessionId, session, movedOn(session, seen.job)) ?? world }
  }
  if (world.sessions[seen.sessionId] !== null) return { what: `${what}, too late`, to: world }
  return {
    what,
    to: withSession(world, seen.sessionId, created(seen.job)),
  }
}

function tooLate(world: World, slot: number): Next {
  return { what: `refill is too late for slot ${slot}`, to: world }
}

function jobIn(row: SlotRow): Job {
  return 'job' in row ? row.job : ''
}
