/** Walks every reachable world, breadth first, so that the first history that breaks a law is a shortest one. */
import { callMoves, name, sorted } from './_calls.ts'
import { brokenAtRest, brokenBetween, brokenIn } from './_laws.ts'
import { looks, rotations, runMove } from './_refill.ts'
import { type Budget, type Call, type Guard, type Move, newWorld, VISITORS, type World } from './_world.ts'

export interface Found {
  readonly worlds: number
  readonly moves: number
  /** Worlds in which the system has nothing left to do. */
  readonly atRest: number
  /** The broken law, and a shortest history that breaks it. */
  readonly broken?: { readonly law: string; readonly history: readonly string[] }
}

/** All moves from a world. */
function movesOf(world: World, without?: Guard): Move[] {
  const system = [
    ...world.calls.flatMap((_, i) => callMoves(world, i, without)),
    ...world.runs.map((_, i) => runMove(world, i, without)),
    ...(world.runs.length < world.budget.runs ? looks(world) : []),
  ]
  return [
    ...system.map((move): Move => ({ ...move, by: 'system' })),
    ...visitorMoves(world),
    ...misfortunes(world),
  ]
}

function visitorMoves(world: World): Move[] {
  const { budget, calls, told } = world
  const begin = (call: Call, spent: Partial<Budget>): Move => ({
    what: `${name(call)} begins`,
    by: 'visitor',
    to: { ...world, calls: sorted([...calls, call]), budget: { ...budget, ...spent } },
  })
  return VISITORS.flatMap((by) => {
    const moves: Move[] = []
    const claims = budget.claims[by]
    if (claims > 0) {
      const spent = { claims: { ...budget.claims, [by]: claims - 1 } }
      moves.push(begin({ by, does: 'claim', epoch: 1, at: { is: 'reading' } }, spent))
    }
    const last = told[by].at(-1)
    if (last === undefined) return moves
    if (budget.recoveries > 0) {
      const call: Call = { by, does: 'recover', epoch: Number(last.split(' ')[0]) + 1, at: { is: 'reading' } }
      moves.push(begin(call, { recoveries: budget.recoveries - 1 }))
    }
    if (budget.releases > 0) {
      const spent = { releases: budget.releases - 1 }
      moves.push(begin({ by, does: 'release', at: { is: 'reading' } }, spent))
    }
    return moves
  })
}

/** A process crashes between two steps, a person deletes a Job, a deploy changes the specification. */
function misfortunes(world: World): Move[] {
  const { budget, calls, jobs, runs } = world
  const moves: Omit<Move, 'by'>[] = []
  if (budget.crashes > 0) {
    const left = { ...world, budget: { ...budget, crashes: budget.crashes - 1 } }
    calls.forEach((call, i) => {
      const others = calls.toSpliced(i, 1)
      moves.push({ what: `${name(call)} crashes`, to: { ...left, calls: others } })
      const again: Call = { ...call, at: { is: 'reading' } }
      moves.push({
        what: `${name(call)} crashes, and is tried again`,
        to: { ...left, calls: sorted([...others, again]) },
      })
    })
    runs.forEach((run, i) => {
      moves.push({ what: `refill crashes while ${run.is}`, to: { ...left, runs: runs.toSpliced(i, 1) } })
    })
  }
  if (budget.deaths > 0)
    for (const job of Object.keys(jobs)) {
      const { [job]: _gone, ...rest } = jobs
      const left = { ...budget, deaths: budget.deaths - 1 }
      moves.push({
        what: `a person deletes ${job}`,
        to: { ...world, jobs: rest, died: [...world.died, job], budget: left },
      })
    }
  if (budget.rotations > 0 && runs.length < budget.runs) {
    const left = { ...world, budget: { ...budget, rotations: budget.rotations - 1 } }
    moves.push(...rotations(left))
  }
  return moves.map((move): Move => ({ ...move, by: 'misfortune' }))
}

/** Every world within a budget, or all worlds up to the first broken law. */
export function explore(budget: Partial<Budget>, without?: Guard, onWorld?: (world: World) => void): Found {
  const first = newWorld(budget)
  const known = new Map([[keyOf(first), 0]])
  const from: { parent: number; what: string }[] = [{ parent: -1, what: '' }]
  /** For each world, the worlds that reach it by moves of the system alone. */
  const reachedFrom: number[][] = [[]]
  const resting: number[] = []
  /** Worlds without a call or a refill invocation under way. */
  const quiet: number[] = []
  let frontier: [number, World][] = [[0, first]]
  let moves = 0
  const history = (index: number): string[] => {
    const { parent, what } = from[index] ?? { parent: -1, what: '' }
    return parent < 0 ? [] : [...history(parent), what]
  }
  const stop = (law: string, index: number, last: string[] = []): Found => ({
    worlds: known.size,
    moves,
    atRest: resting.length,
    broken: { law, history: [...history(index), ...last] },
  })
  while (frontier.length > 0) {
    const next: [number, World][] = []
    for (const [index, world] of frontier) {
      onWorld?.(world)
      const broken = brokenIn(world)
      if (broken) return stop(broken, index)
      if (world.calls.length + world.runs.length === 0) quiet.push(index)
      const all = movesOf(world, without)
      if (!all.some(({ by }) => by === 'system')) {
        const unsettled = brokenAtRest(world)
        if (unsettled) return stop(unsettled, index)
        resting.push(index)
      }
      for (const { by, to, what } of all) {
        moves++
        const between = brokenBetween(world, to)
        if (between) return stop(between, index, [what])
        const key = keyOf(to)
        const seen = known.get(key)
        const at = seen ?? known.size
        if (seen === undefined) {
          known.set(key, at)
          from.push({ parent: index, what })
          reachedFrom.push([])
          next.push([at, to])
        }
        if (by === 'system') reachedFrom[at]?.push(index)
      }
    }
    frontier = next
  }
  const calm = canRest(reachedFrom, resting)
  const restless = quiet.find((index) => !calm[index]) ?? calm.indexOf(0)
  if (restless >= 0) return stop('at rest: from here the system never comes to rest', restless)
  return { worlds: known.size, moves, atRest: resting.length }
}

/** A number for each part of any world, by its text, and cached by its object. */
const numbers = new Map<string, number>()
const numberOf = new WeakMap<object, number>()

/** Identifies a world. A move keeps most parts of a world, so their numbers are cached. */
function keyOf(world: World): string {
  return Object.values(world)
    .map((part: object) => {
      const known = numberOf.get(part)
      if (known !== undefined) return known
      const text = JSON.stringify(part)
      const number = numbers.get(text) ?? numbers.size
      numbers.set(text, number)
      numberOf.set(part, number)
      return number
    })
    .join()
}

/** For each world, 1 when the system alone can come to rest from there. */
function canRest(reachedFrom: readonly (readonly number[])[], resting: readonly number[]): Uint8Array {
  const calm = new Uint8Array(reachedFrom.length)
  const queue = [...resting]
  for (const index of queue) calm[index] = 1
  for (let i = 0; i < queue.length; i++)
    for (const earlier of reachedFrom[queue[i] ?? 0] ?? [])
      if (!calm[earlier]) {
        calm[earlier] = 1
        queue.push(earlier)
      }
  return calm
}
