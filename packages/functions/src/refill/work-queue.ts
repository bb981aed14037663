import type { Outlook } from '@warm-pods/core/planner/outlook.ts'
import { sessionIn, slotIn, type WorkKey } from '@warm-pods/core/state/work.ts'

/** A row whose steps had no effect is read again after this long, unless a change of its pod comes first. */
const LOOK_AGAIN_MS = 1_000
/** In a large queue, the time grows by this much for each row, so that the rows cause no more than 100 reads a second. */
const LOOK_AGAIN_PER_ROW_MS = 10
/** First wait while a claim is in flight, which takes milliseconds. It doubles with each pass that changes nothing. */
const CLAIM_IN_FLIGHT_MS = 20

/** What a pass has found out about a row. */
export interface Seen {
  readonly outlook: Outlook
  /** The Jobs that the row names. */
  readonly jobs: readonly string[]
  /** Identifies the steps of the row and the version that they belong to; empty without steps. */
  readonly steps: string
  /** True when the pass had no time for the steps. */
  readonly isSkipped: boolean
  /** True when the steps need a Job, and too many Jobs have no pod yet. */
  readonly needsRoom: boolean
  /** True when the row waits for the first pod of its Job. */
  readonly hasNoPod: boolean
  /** True when a claim is in flight. */
  readonly isClaimed: boolean
  /** True when the row waits for its pod, whose changes the watch reports. */
  readonly isWatched: boolean
  /** Until a wait of known length is over, ms; undefined without one. */
  readonly waitMs: number | undefined
  /** Why the row's pod does not start, or is not reached. */
  readonly problem: string | undefined
}

interface Row extends Seen {
  /** When the row is read again: monotonic ms. */
  dueMs: number
  /** Passes in a row without a new step. */
  idle: number
}

/**
 * The rows that are not as they shall be, with the time at which each is read again. A trigger or a change of a pod makes a row due at
 * once. A pass reads only a few of the rows that were skipped, so that a large fill does not delay a claim.
 */
export class WorkQueue {
  readonly #rows = new Map<WorkKey, Row>()
  readonly #byJob = new Map<string, WorkKey>()
  readonly #held = new Set<WorkKey>()

  /** Rows that are read again. */
  get size(): number {
    return this.#rows.size
  }

  /** Slots that are not warm, as far as this queue knows. */
  get slots(): number {
    return [...this.#rows.keys(), ...this.#held].filter((key) => slotIn(key) !== undefined).length
  }

  /** Slots whose Jobs have no pod yet. @param except rows that are not counted. */
  withoutPod(except: readonly WorkKey[] = []): number {
    const excluded = new Set(except)
    return [...this.#rows].filter(([key, { hasNoPod }]) => hasNoPod && !excluded.has(key)).length
  }

  /** The ids of the sessions in the queue. */
  get sessions(): string[] {
    return [...this.#rows.keys()].flatMap((key) => sessionIn(key) ?? [])
  }

  /** True when a row waits for the end of a pause or of a long back-off. */
  get hasHeld(): boolean {
    return this.#held.size > 0
  }

  /** The problem of a row; undefined when no row has one. */
  get problem(): string | undefined {
    for (const { problem } of this.#rows.values()) if (problem !== undefined) return problem
    return undefined
  }

  namesJob(job: string): boolean {
    return this.#byJob.has(job)
  }

  /** Makes a row due now. */
  add(key: WorkKey, nowMs: number): void {
    const row = this.#rows.get(key)
    if (row) Object.assign(row, { dueMs: nowMs, idle: 0, isSkipped: false, needsRoom: false })
    else this.#rows.set(key, { ...UNSEEN, dueMs: nowMs, idle: 0 })
  }

  /** Makes the row of a Job due now, whose pod has changed. */
  change(job: string, nowMs: number): void {
    const row = this.#rows.get(this.#byJob.get(job) ?? 'session#')
    if (row) row.dueMs = Math.min(row.dueMs, nowMs)
  }

  /** Makes every row due now, after changes were missed. */
  changeAll(nowMs: number): void {
    for (const row of this.#rows.values()) row.dueMs = Math.min(row.dueMs, nowMs)
  }

  /**
   * The rows to read now, the longest wait first.
   * @param most how many rows, how many skipped rows besides them, and how many of these may create a Job for which there was no room.
   */
  due(
    nowMs: number,
    most: { readonly rows: number; readonly skipped: number; readonly room: number },
  ): WorkKey[] {
    const due = [...this.#rows]
      .filter(([, { dueMs }]) => dueMs <= nowMs)
      .toSorted(([, one], [, other]) => one.dueMs - other.dueMs)
    const waiting = due.filter(([, { needsRoom }]) => needsRoom).slice(0, Math.max(0, most.room))
    const skipped = due.filter(([, { isSkipped, needsRoom }]) => isSkipped && !needsRoom)
    const others = due.filter(([, { isSkipped, needsRoom }]) => !isSkipped && !needsRoom)
    return [...others.slice(0, most.rows), ...[...skipped, ...waiting].slice(0, most.skipped)].map(
      ([key]) => key,
    )
  }

  /**
   * When the next row is due: monotonic ms; Infinity when none is.
   * @param room how many Jobs may be created. Without room, rows that need it are not due.
   */
  nextDueMs(room: number): number {
    return [...this.#rows.values()].reduce(
      (first, { dueMs, needsRoom }) => (needsRoom && room <= 0 ? first : Math.min(first, dueMs)),
      Number.POSITIVE_INFINITY,
    )
  }

  /**
   * Notes what a pass has found out about a row. A row at rest leaves the queue.
   * @returns the Jobs that the row no longer names.
   */
  note(key: WorkKey, seen: Seen, nowMs: number): readonly string[] {
    const before = this.#rows.get(key)
    const isProgress = seen.steps !== '' && seen.steps !== before?.steps
    const isKept = seen.steps !== '' || seen.outlook === 'moves'
    const left = (before?.jobs ?? []).filter((job) => !seen.jobs.includes(job))
    if (!isKept) {
      this.delete(key)
      if (seen.outlook === 'held') this.#held.add(key)
      return left
    }
    this.#held.delete(key)
    const idle = isProgress ? 0 : (before?.idle ?? 0) + 1
    for (const job of left) this.#byJob.delete(job)
    for (const job of seen.jobs) this.#byJob.set(job, key)
    const isNow = seen.isSkipped || seen.needsRoom || isProgress
    this.#rows.set(key, { ...seen, idle, dueMs: isNow ? nowMs : nowMs + this.#pauseMs(seen, idle) })
    return left
  }

  /** Takes a row out of the queue. */
  delete(key: WorkKey): void {
    for (const job of this.#rows.get(key)?.jobs ?? []) this.#byJob.delete(job)
    this.#rows.delete(key)
    this.#held.delete(key)
  }

  clear(): void {
    this.#rows.clear()
    this.#byJob.clear()
    this.#held.clear()
  }

  #pauseMs({ isClaimed, isWatched, waitMs }: Seen, idle: number): number {
    if (isClaimed) return Math.min(LOOK_AGAIN_MS, CLAIM_IN_FLIGHT_MS * 2 ** (idle - 1))
    if (waitMs !== undefined) return waitMs
    return isWatched ? Math.max(LOOK_AGAIN_MS, LOOK_AGAIN_PER_ROW_MS * this.size) : LOOK_AGAIN_MS
  }
}

const UNSEEN: Seen = {
  outlook: 'moves',
  jobs: [],
  steps: '',
  isSkipped: false,
  needsRoom: false,
  hasNoPod: false,
  isClaimed: false,
  isWatched: false,
  waitMs: undefined,
  problem: undefined,
}
