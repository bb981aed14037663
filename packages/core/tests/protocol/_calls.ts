/** The calls of visitors: claim, recover and release. Each step is one read or one write. */
import type { Call, Candidate, Guard, Id, Move, Recording, SessionRow, Taking, World } from './_world.ts'
import { created, epochOf, jobOf, movedOn, updateSession, withSession, withSlot } from './_world.ts'

/** Fewer rounds than `claimRounds`, since the second round is like the third. */
const ROUNDS = 2

type Next = Omit<Move, 'by'>
type Asks = Call & { readonly does: 'claim' | 'recover' }

/** What the call at `index` may do next. */
export function callMoves(world: World, index: number, without: Guard | undefined): Next[] {
  const call = world.calls[index]
  if (!call) return []
  if (call.does === 'release') return release(world, index, call)
  switch (call.at.is) {
    case 'reading':
      return read(world, index, call)
    case 'taking':
      return take(world, index, call, call.at, without)
    case 'recording':
      return [record(world, index, call, call.at, without)]
    default:
      return call.at satisfies never
  }
}

/** Session and pool are read concurrently, so either may be read first. */
function read(world: World, index: number, call: Asks): Next[] {
  if (call.at.is !== 'reading') return []
  const { session, pool } = call.at
  const moves: Next[] = []
  if (session === undefined) {
    const at = { ...call.at, session: world.sessions[call.by] }
    moves.push({ what: `${name(call)} reads its session`, to: decided(world, index, { ...call, at }) })
  }
  if (pool === undefined) {
    const at = { ...call.at, pool: warmOnes(world) }
    moves.push({ what: `${name(call)} reads the pool`, to: decided(world, index, { ...call, at }) })
  }
  return moves
}

/** Once both are read: claims a slot if the session is open and a slot is warm. */
function decided(world: World, index: number, call: Asks): World {
  if (call.at.is !== 'reading') return world
  const { session, pool } = call.at
  if (session === undefined || pool === undefined) return goOn(world, index, call)
  const isRepeat = session !== null && session.state === 'live' && epochOf(session) === call.epoch
  if (isRepeat) return answered(world, index, call.by, session)
  const isOpen =
    session === null ? call.epoch === 1 : session.state === 'live' && epochOf(session) === call.epoch - 1
  if (!isOpen || pool.length === 0) return over(world, index)
  return goOn(world, index, { ...call, at: { is: 'taking', round: 1, seen: session, candidates: pool } })
}

/** Candidates are shuffled, so any may be next. After a lost race the next one is tried, then the pool is read again. */
function take(world: World, index: number, call: Asks, at: Taking, without: Guard | undefined): Next[] {
  if (at.candidates.length === 0) {
    const again = warmOnes(world)
    const outcome = again.length === 0 ? 'found it empty' : 'reads the pool again'
    const next = { ...at, round: at.round + 1, candidates: again }
    const to = again.length === 0 ? over(world, index) : goOn(world, index, { ...call, at: next })
    return [{ what: `${name(call)} ${outcome}`, to }]
  }
  return at.candidates.map((took) => {
    const row = world.slots[took.slot]
    const stands = row?.state === 'WARM' && row.gen === took.gen
    if (stands || without === 'a claim names state and gen') {
      const claimed = {
        state: 'CLAIMED',
        gen: took.gen,
        job: row && 'job' in row ? row.job : took.job,
      } as const
      const taken = withSlot(world, took.slot, { ...claimed, sessionId: call.by, epoch: call.epoch })
      const recording: Recording = { is: 'recording', took, seen: at.seen }
      return { what: `${name(call)} takes ${took.job}`, to: goOn(taken, index, { ...call, at: recording }) }
    }
    const candidates = at.candidates.filter((other) => other !== took)
    const isLast = candidates.length === 0 && at.round === ROUNDS
    const to = isLast ? over(world, index) : goOn(world, index, { ...call, at: { ...at, candidates } })
    return { what: `${name(call)} comes too late for ${took.job}`, to }
  })
}

function record(world: World, index: number, call: Asks, at: Recording, without: Guard | undefined): Next {
  const { by } = call
  if (at.seen === undefined) return readAgain(world, index, call, at, without)
  if (at.seen === null) {
    const isFree = world.sessions[by] === null || without === 'a session is created only where there is none'
    if (!isFree) return reread(world, index, call, at)
    const row = created(at.took.job)
    return {
      what: `${name(call)} writes its session, on ${at.took.job}`,
      to: answered(withSession(world, by, row), index, by, row),
    }
  }
  const next = movedOn(at.seen, at.took.job)
  const written = updateSession(world, by, at.seen, next)
  if (!written) return reread(world, index, call, at)
  const what = `${name(call)} moves its session to ${at.took.job}, epoch ${call.epoch}`
  return { what, to: answered(written, index, by, next) }
}

/** Another write came first: the present row decides. */
function reread(world: World, index: number, call: Asks, at: Recording): Next {
  const to = goOn(world, index, { ...call, at: { is: 'recording', took: at.took } })
  return { what: `${name(call)} finds its session changed`, to }
}

function readAgain(world: World, index: number, call: Asks, at: Recording, without: Guard | undefined): Next {
  const row = world.sessions[call.by]
  const what = `${name(call)} reads its session again`
  if (!row) return { what, to: over(world, index) }
  if (epochOf(row) >= call.epoch)
    return { what, to: row.state === 'ended' ? over(world, index) : answered(world, index, call.by, row) }
  // The epoch is still to be replaced. An ended session stays ended, even when a slot was claimed for it.
  if (row.state === 'ended' && without !== 'an ended session stays ended')
    return { what, to: over(world, index) }
  return { what, to: goOn(world, index, { ...call, at: { ...at, seen: row } }) }
}

function release(world: World, index: number, call: Call & { does: 'release' }): Next[] {
  const row = world.sessions[call.by]
  if (call.at.is === 'reading') {
    const what = `${name(call)} reads its session`
    if (!row || row.state === 'ended') return [{ what, to: over(world, index) }]
    return [{ what, to: goOn(world, index, { ...call, at: { is: 'ending', seen: row } }) }]
  }
  const { seen } = call.at
  const ended = updateSession(world, call.by, seen, { ...seen, state: 'ended' })
  if (ended) return [{ what: `${name(call)} ends its session`, to: over(ended, index) }]
  return [
    {
      what: `${name(call)} finds its session changed`,
      to: goOn(world, index, { ...call, at: { is: 'reading' } }),
    },
  ]
}

function warmOnes({ slots }: World): Candidate[] {
  return slots.flatMap((row, slot) => (row.state === 'WARM' ? [{ slot, gen: row.gen, job: row.job }] : []))
}

/** The answer shows the visitor their pod. */
function answered(world: World, index: number, by: Id, row: SessionRow): World {
  const told = [...new Set([...world.told[by], `${epochOf(row)} ${jobOf(row)}`])].sort()
  return over({ ...world, told: { ...world.told, [by]: told } }, index)
}

function goOn(world: World, index: number, call: Call): World {
  return { ...world, calls: sorted(world.calls.with(index, call)) }
}

function over(world: World, index: number): World {
  return { ...world, calls: world.calls.toSpliced(index, 1) }
}

/** In one order, so that equal worlds have equal keys. */
export function sorted<T>(items: readonly T[]): readonly T[] {
  if (items.length < 2) return items
  return items
    .map((item) => [JSON.stringify(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item)
}

export function name(call: Call): string {
  return `${call.by}’s ${call.does}`
}
