/**
 * A recording as a link. All of it is in the fragment, which browsers do not send (RFC 9110 section 4.2.3 leaves it out of
 * the request). The fragment is `run=1.` and the bytes below; another format gets another number.
 */
import { ALIAS_WORDS } from '@warm-pods/core/identity/alias.ts'
import type { Gap, Point, ToldBy } from '../probe/protocol.ts'
import type { Leg } from '../visit/state/legs.ts'
import { Damaged, Reader, unzigzag, Writer, zigzag } from './bytes.ts'
import type { Recording } from './recording.ts'

const PREFIX = 'run='
const VERSION = '1'
/** The longest fragment, so that a link fits into any chat. */
export const FRAGMENT_MAX = 1_024

/** The result of reading a fragment. */
export type Opened =
  | { readonly is: 'recording'; readonly recording: Recording }
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
/** The first number of a slot: not answered, slept through, off the grid, or answered with a round trip. */
const TOKENS = { unanswered: 0, asleep: 1, moved: 2, answered: 3 } as const
/** The units of round trips, ms. A coarser unit is used when the link would be too long. */
const UNITS = [0.1, 1, 5] as const

/** Returns the fragment without its `#`. A recording that does not fit gets a coarser unit, and then a later start. */
export function linkOf(recording: Recording): string {
  for (const [unit] of UNITS.entries()) {
    const text = written(recording, unit)
    if (text.length <= FRAGMENT_MAX) return text
  }
  const shorter = { ...recording, points: recording.points.slice(Math.ceil(recording.points.length / 8)) }
  return linkOf(shorter)
}

/** Reads a fragment. It throws for no input. */
export function openLink(fragment: string): Opened {
  if (fragment.length > FRAGMENT_MAX) return { is: 'unreadable', why: 'oversized' }
  const [, version, body] = /^run=(\d{1,4})\.(.*)$/s.exec(fragment) ?? []
  if (version === undefined || body === undefined) return { is: 'unreadable', why: 'damaged' }
  if (version !== VERSION) return { is: 'unreadable', why: 'version' }
  try {
    return { is: 'recording', recording: read(new Reader(body)) }
  } catch (error) {
    if (error instanceof Damaged) return { is: 'unreadable', why: 'damaged' }
    throw error
  }
}

function written(recording: Recording, unit: number): string {
  const to = new Writer()
    .number(
      Number(recording.simulated) +
        2 * Number(recording.cause === 'itself') +
        4 * Number(recording.recover === 'heal') +
        8 * unit,
    )
    .number(HOWS.indexOf(recording.how) + 4 * TOLD.indexOf(recording.toldBy))
    .number(Math.max(0, Math.floor((recording.clickedMs - SINCE_MS) / 1_000)))
  for (const alias of [recording.died, recording.tookOver]) writeAlias(to, alias)
  to.number(recording.legs.length)
  for (const { name, ms } of recording.legs) to.number(LEGS.indexOf(name)).number(Math.round(ms * 10))
  to.maybe(tenths(recording.downMs)).number(recording.lost)
  to.maybe(rounded(recording.healMs)).maybe(rounded(recording.poolRecoveredMs))
  writePoints(to, recording.points, UNITS[unit] ?? 1)
  to.number(recording.gaps.length)
  for (const { fromMs, toMs } of recording.gaps)
    to.signed(Math.round(fromMs)).maybe(toMs === null ? undefined : Math.round(Math.max(0, toMs - fromMs)))
  return `${PREFIX}${VERSION}.${to.text()}`
}

function read(from: Reader): Recording {
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
  const [healMs, poolRecoveredMs] = [from.maybe(DAY_MS), from.maybe(DAY_MS)]
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
    poolRecoveredMs,
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
    // Rounding removes the tail that binary fractions leave.
    return { dueMs, rttMs: Math.round(last * unit * 10) / 10, pod, state: 'answered' }
  })
}

function writeAlias(to: Writer, alias: string): void {
  const [manner = '', creature = ''] = alias.split('-')
  to.number(Math.max(0, ALIAS_WORDS.manners.indexOf(manner)))
  to.number(Math.max(0, ALIAS_WORDS.creatures.indexOf(creature)))
}

/** Reads two words of the fixed lists, so that a link cannot put any other text onto the page. */
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
