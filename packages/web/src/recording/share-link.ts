/**
 * A run as a link: everything in the fragment, which browsers send to nobody (RFC 9110 section 4.2.3 leaves it out of the
 * request). `1.` and the bytes below; another format will be another number.
 */
import { ALIAS_WORDS } from '@warm-pods/core/identity/alias.ts'
import type { Gap, Point, ToldBy } from '../probe/protocol.ts'
import type { Leg } from '../visit/legs.ts'
import { Damaged, Reader, unzigzag, Writer, zigzag } from './bytes.ts'
import type { Run } from './recording.ts'

export const PREFIX = 'run='
const VERSION = '1'
/** The whole fragment; a link stays short enough for any chat. */
export const FRAGMENT_MAX = 1_024

/** What a fragment turned out to be. */
export type Opened =
  | { readonly is: 'run'; readonly run: Run }
  | { readonly is: 'unreadable'; readonly why: 'version' | 'oversized' | 'damaged' }

const HOWS = [undefined, 'polite', 'crash', 'freeze'] as const
const TOLD: readonly (ToldBy | undefined)[] = [undefined, 'terminating', 'closed', 'deadline']
const LEGS: readonly Leg['name'][] = [
  'told',
  'claimed',
  'asked',
  'healed',
  'backoff',
  'start',
  'connected',
  'pong',
]
const SINCE_MS = Date.UTC(2026, 0, 1)
const GRID_MS = 250
const POINTS_MAX = 300
const DAY_MS = 86_400_000
/** Before the round trip of a slot that was answered: not answered, slept through, off the grid. */
const TOKENS = { unanswered: 0, asleep: 1, moved: 2, answered: 3 } as const
/** Tenths of a millisecond, unless that would be too long. */
const UNITS = [0.1, 1, 5] as const

/** The fragment without its `#`. When all would not fit, it is coarser, and then begins later. */
export function linkOf(run: Run): string {
  for (const [unit] of UNITS.entries()) {
    const text = written(run, unit)
    if (text.length <= FRAGMENT_MAX) return text
  }
  const shorter = { ...run, points: run.points.slice(Math.ceil(run.points.length / 8)) }
  return linkOf(shorter)
}

/** Reads a fragment; whatever stands there, it never throws. */
export function openLink(fragment: string): Opened {
  if (fragment.length > FRAGMENT_MAX) return { is: 'unreadable', why: 'oversized' }
  const [, version, body] = /^run=(\d{1,4})\.(.*)$/s.exec(fragment) ?? []
  if (version === undefined || body === undefined) return { is: 'unreadable', why: 'damaged' }
  if (version !== VERSION) return { is: 'unreadable', why: 'version' }
  try {
    return { is: 'run', run: read(new Reader(body)) }
  } catch (error) {
    if (error instanceof Damaged) return { is: 'unreadable', why: 'damaged' }
    throw error
  }
}

function written(run: Run, unit: number): string {
  const to = new Writer()
    .number(
      Number(run.simulated) +
        2 * Number(run.cause === 'itself') +
        4 * Number(run.recover === 'heal') +
        8 * unit,
    )
    .number(HOWS.indexOf(run.how) + 4 * TOLD.indexOf(run.toldBy))
    .number(Math.max(0, Math.floor((run.clickedMs - SINCE_MS) / 1_000)))
  for (const alias of [run.died, run.tookOver]) writeAlias(to, alias)
  to.number(run.legs.length)
  for (const { name, ms } of run.legs) to.number(LEGS.indexOf(name)).number(Math.round(ms * 10))
  to.maybe(tenths(run.downMs)).number(run.lost)
  to.maybe(rounded(run.healMs)).maybe(rounded(run.wholeMs))
  writePoints(to, run.points, UNITS[unit] ?? 1)
  to.number(run.gaps.length)
  for (const { fromMs, toMs } of run.gaps)
    to.signed(Math.round(fromMs)).maybe(toMs === null ? undefined : Math.round(Math.max(0, toMs - fromMs)))
  return `${PREFIX}${VERSION}.${to.text()}`
}

function read(from: Reader): Run {
  const flags = from.number(8 * UNITS.length - 1)
  const ends = from.number(15)
  const clickedMs = SINCE_MS + from.number(2 ** 32) * 1_000
  const [died, tookOver] = [readAlias(from), readAlias(from)]
  const legs = Array.from({ length: from.number(LEGS.length) }, (): Leg => {
    const name = LEGS[from.number(LEGS.length - 1)]
    if (!name) throw new Damaged()
    return { name, ms: from.number(DAY_MS) / 10 }
  })
  const down = from.maybe(DAY_MS)
  const lost = from.number(100_000)
  const [healMs, wholeMs] = [from.maybe(DAY_MS), from.maybe(DAY_MS)]
  const points = readPoints(from, UNITS[flags >> 3] ?? 1)
  const gaps = Array.from({ length: from.number(50) }, (): Gap => {
    const fromMs = from.signed(DAY_MS)
    const ms = from.maybe(DAY_MS)
    return { fromMs, toMs: ms === undefined ? null : fromMs + ms }
  })
  from.end()
  return {
    simulated: (flags & 1) === 1,
    cause: (flags & 2) === 2 ? 'itself' : 'click',
    recover: (flags & 4) === 4 ? 'heal' : 'failover',
    how: HOWS[ends % 4],
    toldBy: TOLD[ends >> 2],
    clickedMs,
    died,
    tookOver,
    legs,
    downMs: down === undefined ? undefined : down / 10,
    lost,
    healMs,
    wholeMs,
    points,
    gaps,
  }
}

function writePoints(to: Writer, points: readonly Point[], unit: number): void {
  let dueMs = Math.round(points[0]?.dueMs ?? 0)
  let pod = 1
  let last = 0
  to.number(points.length).signed(dueMs)
  dueMs -= GRID_MS
  for (const point of points) {
    const offMs = Math.round(point.dueMs) - dueMs - GRID_MS
    if (offMs !== 0 || point.pod !== pod) to.number(TOKENS.moved).signed(offMs).number(point.pod)
    dueMs += GRID_MS + offMs
    pod = point.pod
    if (point.state === 'asleep') to.number(TOKENS.asleep)
    else if (point.rttMs === null) to.number(TOKENS.unanswered)
    else {
      const value = Math.round(point.rttMs / unit)
      to.number(TOKENS.answered + zigzag(value - last))
      last = value
    }
  }
}

function readPoints(from: Reader, unit: number): Point[] {
  const length = from.number(POINTS_MAX)
  let dueMs = from.signed(DAY_MS) - GRID_MS
  let pod = 1
  let last = 0
  return Array.from({ length }, (): Point => {
    let token = from.number(DAY_MS)
    dueMs += GRID_MS
    if (token === TOKENS.moved) {
      dueMs += from.signed(DAY_MS)
      pod = from.number(1_000_000)
      token = from.number(DAY_MS)
    }
    if (token === TOKENS.moved) throw new Damaged()
    if (token === TOKENS.asleep) return { dueMs, rttMs: null, pod, state: 'asleep' }
    if (token === TOKENS.unanswered) return { dueMs, rttMs: null, pod, state: 'unanswered' }
    last += unzigzag(token - TOKENS.answered)
    if (last < 0 || last > DAY_MS) throw new Damaged()
    // A multiple of the unit, without the tail that binary fractions leave.
    return { dueMs, rttMs: Math.round(last * unit * 10) / 10, pod, state: 'answered' }
  })
}

function writeAlias(to: Writer, alias: string): void {
  const [manner = '', creature = ''] = alias.split('-')
  to.number(Math.max(0, ALIAS_WORDS.manners.indexOf(manner)))
  to.number(Math.max(0, ALIAS_WORDS.creatures.indexOf(creature)))
}

/** Two words of the lists, so that nobody can write anything else onto the page. */
function readAlias(from: Reader): string {
  const manner = ALIAS_WORDS.manners[from.number(63)]
  const creature = ALIAS_WORDS.creatures[from.number(63)]
  if (manner === undefined || creature === undefined) throw new Damaged()
  return `${manner}-${creature}`
}

function tenths(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(Math.max(0, ms) * 10)
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(Math.max(0, ms))
}
