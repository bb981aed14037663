import { stripVTControlCharacters } from 'node:util'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { explainSize } from '@warm-pods/core/planner/size-pool.ts'
import { isInDoubt } from '@warm-pods/core/state/refill-row.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { Slot } from '@warm-pods/core/state/slot.ts'
import type { AuditEvent } from '@warm-pods/functions/store/sessions.ts'
import type { EventLine, PodLine, View } from './view.ts'

/** The events of Kubernetes that plain text shows; a terminal shows as many as it has lines left. */
const EVENTS = 10
/** The characters of a session's id that are shown. `--session` finds it by them. */
const ID_LENGTH = 8

/**
 * Returns a view as lines of plain text.
 * @param selected the session with a mark before it.
 * @param most rows of each table. A cut table keeps the slots that are not warm, the sessions around the selected one, and the pods
 *   that are not Ready.
 */
export function viewLines(
  name: string,
  view: View,
  selected?: string,
  most = Number.POSITIVE_INFINITY,
): string[] {
  const { cluster, nowMs, refill, sessions, slots } = view
  const warm = slots.filter(({ state }) => state === 'WARM').length
  return [
    `Warm Pods, ${name}: ${warm} of ${slots.length} slots warm, ${count(sessions.length, 'session')}`,
    `Refill: ${refillText(view)}`,
    // A stage whose size was made fixed keeps the last reason in its row.
    ...(refill.sizing?.target === slots.length ? [`Size: ${explainSize(refill.sizing, LIMITS)}`] : []),
    ...(refill.problem === undefined ? [] : [`Problem: ${refill.problem}`]),
    '',
    ...slotLines(slots, nowMs, most),
    '',
    ...sessionLines(sessions, nowMs, selected, most),
    '',
    ...('problem' in cluster
      ? [`Pods and events are not shown: ${cluster.problem.replace(/\.$/, '')}.`]
      : [...podLines(cluster.pods, nowMs, most), '', ...eventLines(cluster.events, nowMs)]),
  ]
}

/** Returns the audit of a session as lines of plain text. */
export function auditLines(
  sessionId: string,
  events: readonly AuditEvent[],
  row: SessionRow | undefined,
  nowMs: number,
): string[] {
  const state =
    row === undefined
      ? 'it has ended'
      : `${row.state}, epoch ${row.epoch}, lease ends in ${age(row.leaseEndsAtMs - nowMs)}`
  return [
    `Session ${sessionId}: ${state}`,
    '',
    ...(events.length === 0 ? ['It has no event yet.'] : []),
    ...table(
      ['TIME', 'EVENT', 'FACTS'],
      events.map(({ at, facts, kind }) => [at, kind, factsText(facts)]),
    ),
  ]
}

/** Returns a line as several that fit the width of a terminal. */
export function wrap(line: string, width: number): string[] {
  if (line.length <= width || width < 1) return [line]
  return [line.slice(0, width), ...wrap(line.slice(width), width)]
}

/** Cuts a line to the width of a terminal. Text of Kubernetes cannot move the cursor: control characters are removed. */
export function fit(line: string, width: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern removes them.
  const plain = stripVTControlCharacters(line).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
  return plain.length > width ? `${plain.slice(0, Math.max(0, width - 1))}…` : plain
}

function refillText({ nowMs, refill }: View): string {
  const { confirmedAtMs, failures, lastRunAtMs, pausedUntilMs } = refill
  if (lastRunAtMs === undefined) return 'it has never run'
  return [
    `last run ${age(nowMs - lastRunAtMs)} ago`,
    confirmedAtMs === undefined ? 'pool never confirmed' : `pool confirmed ${age(nowMs - confirmedAtMs)} ago`,
    ...(failures > 0 ? [`${count(failures, 'failure')} in a row`] : []),
    ...(isInDoubt(refill) ? ['rows in doubt'] : []),
    ...(pausedUntilMs > nowMs ? [`paused for ${age(pausedUntilMs - nowMs)}`] : []),
  ].join(', ')
}

/** More rows than this are counted by their state. Only rows that need a look are listed then. */
const MANY = 32
/** Listed rows of so many. */
const LISTED = 8

function slotLines(slots: readonly Slot[], nowMs: number, most: number): string[] {
  const head = ['SLOT', 'GEN', 'STATE', 'AGE', 'CHECKED', 'REACHED', 'POD', 'JOB', 'PROBLEM']
  const rows = (of: readonly Slot[]) => of.map((slot) => slotCells(slot, nowMs))
  const isNotWarm = ({ state }: Slot) => state !== 'WARM'
  if (slots.length <= MANY) return cutTable(head, rows(firstOf(slots, most, isNotWarm)), slots.length)
  const notWarm = slots
    .filter(isNotWarm)
    .toSorted((a, b) => Number(hasProblem(b)) - Number(hasProblem(a)) || a.sinceMs - b.sinceMs)
  const states = slots.map(({ sinceMs, state }) => [state, sinceMs] as const)
  return countedTable(counted('STATE', 'SLOTS', states, nowMs), head, rows(notWarm), most)
}

function hasProblem(slot: Slot): boolean {
  return slot.state === 'STARTING' && slot.problem !== undefined
}

/** Returns the counts of many rows, and a table of the first that need a look, if there are any. */
function countedTable(
  counts: readonly string[],
  head: readonly string[],
  rows: readonly (readonly string[])[],
  most: number,
): string[] {
  if (rows.length === 0) return [...counts]
  return [...counts, '', ...cutTable(head, rows.slice(0, Math.min(most, LISTED)), rows.length)]
}

/** Returns how many rows are in each state, the largest group first, with the ages of the youngest and the oldest. */
function counted(
  state: string,
  rows: string,
  each: readonly (readonly [state: string, sinceMs: number])[],
  nowMs: number,
): string[] {
  const groups = Map.groupBy(each, ([name]) => name)
  return table(
    [state, rows, 'YOUNGEST', 'OLDEST'],
    [...groups]
      .toSorted(([, a], [, b]) => b.length - a.length)
      .map(([name, members]) => {
        const times = members.map(([, sinceMs]) => sinceMs)
        return [
          name,
          String(members.length),
          age(nowMs - Math.max(...times)),
          age(nowMs - Math.min(...times)),
        ]
      }),
  )
}

function slotCells(slot: Slot, nowMs: number): string[] {
  const since = (ms: number | undefined) => (ms === undefined ? '-' : age(nowMs - ms))
  const base = [String(slot.slot), String(slot.gen), slot.state, since(slot.sinceMs)]
  switch (slot.state) {
    case 'EMPTY':
      return base
    case 'STARTING':
      return [...base, '-', '-', '-', slot.job, slot.problem ?? '']
    case 'WARM':
      return [...base, since(slot.checkedAtMs), since(slot.reachedAtMs), slot.pod.alias, slot.job]
    case 'CLAIMED':
      return [...base, '-', '-', slot.pod.alias, slot.job, `for session ${shortId(slot.sessionId)}`]
    default:
      return slot satisfies never
  }
}

function sessionLines(
  sessions: readonly SessionRow[],
  nowMs: number,
  selected: string | undefined,
  most: number,
): string[] {
  if (sessions.length === 0) return ['No session.']
  const chosen = sessions.findIndex(({ sessionId }) => sessionId === selected)
  const from = Math.max(0, chosen - most + 1)
  const rows = sessions
    .slice(from, from + most)
    .map((row) => [
      `${row.sessionId === selected ? '>' : ' '} ${shortId(row.sessionId)}`,
      row.state,
      age(nowMs - row.createdAtMs),
      String(row.epoch),
      row.source,
      row.pod?.alias ?? '-',
      row.state === 'ended' ? '-' : age(row.leaseEndsAtMs - nowMs),
      row.kill ? `${row.kill.how}, ${row.kill.state}` : '-',
      row.job,
    ])
  const head = ['  SESSION', 'STATE', 'AGE', 'EPOCH', 'SOURCE', 'POD', 'LEASE', 'KILL', 'JOB']
  return cutTable(head, rows, sessions.length)
}

function podLines(pods: readonly PodLine[], nowMs: number, most: number): string[] {
  if (pods.length === 0) return ['No pod.']
  const head = ['POD', 'STATUS', 'READY', 'RESTARTS', 'AGE', 'NODE']
  const rows = (of: readonly PodLine[]) =>
    of.map(({ createdAtMs, isReady, name, node, restarts, status }) => [
      name,
      status,
      isReady ? 'yes' : 'no',
      String(restarts),
      age(nowMs - createdAtMs),
      node,
    ])
  const isNotReady = ({ isReady }: PodLine) => !isReady
  if (pods.length <= MANY) return cutTable(head, rows(firstOf(pods, most, isNotReady)), pods.length)
  const states = pods.map(
    ({ createdAtMs, isReady, status }) => [isReady ? `${status}, ready` : status, createdAtMs] as const,
  )
  return countedTable(counted('STATUS', 'PODS', states, nowMs), head, rows(pods.filter(isNotReady)), most)
}

function eventLines(events: readonly EventLine[], nowMs: number): string[] {
  if (events.length === 0) return ['No event.']
  return table(
    ['EVENT', 'AGE', 'REASON', 'OBJECT', 'MESSAGE'],
    events
      .slice(0, EVENTS)
      .map(({ atMs, message, object, reason, type }) => [
        type,
        age(nowMs - atMs),
        reason,
        object,
        message.replaceAll(/\s+/g, ' '),
      ]),
  )
}

function factsText(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' ')
}

/** Returns all items in their order, or the first `most` of them with the notable ones in front. */
function firstOf<Item>(
  items: readonly Item[],
  most: number,
  isNotable: (item: Item) => boolean,
): readonly Item[] {
  if (items.length <= most) return items
  return items.toSorted((a, b) => Number(isNotable(b)) - Number(isNotable(a))).slice(0, most)
}

/** Returns a table, and a line with the number of rows that it lacks. */
function cutTable(head: readonly string[], rows: readonly (readonly string[])[], total: number): string[] {
  const lines = table(head, rows)
  return rows.length < total ? [...lines, `… and ${total - rows.length} more`] : lines
}

/** Returns rows in columns of equal width, without spaces at the ends of lines. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Returns a duration in its largest unit and the next one: `4 s`, `2 min 5 s`, `3 h 10 min`, `2 d 1 h`. Negative is `0 s`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const units = [
    [86_400, 'd', 3_600, 'h'],
    [3_600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ] as const
  for (const [size, unit, nextSize, nextUnit] of units) {
    if (seconds < size) continue
    const rest = Math.floor((seconds % size) / nextSize)
    return `${Math.floor(seconds / size)} ${unit}${rest > 0 ? ` ${rest} ${nextUnit}` : ''}`
  }
  return `${seconds} s`
}

function shortId(sessionId: string): string {
  return sessionId.slice(0, ID_LENGTH)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
