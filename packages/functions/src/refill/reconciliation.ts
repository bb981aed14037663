import { sessionOutlook, slotOutlook } from '@warm-pods/core/planner/outlook.ts'
import { plan } from '@warm-pods/core/planner/plan.ts'
import { allSlots, rotatedAtOnce, slotCountFor } from '@warm-pods/core/planner/plan-slots.ts'
import { replenishDelay } from '@warm-pods/core/planner/replenish.ts'
import type { Step } from '@warm-pods/core/planner/step.ts'
import { heldBackMs, isInDoubt } from '@warm-pods/core/state/refill-row.ts'
import { jobsNamedBy, type SessionRow } from '@warm-pods/core/state/session.ts'
import { currentTarget } from '@warm-pods/core/state/sizing.ts'
import type { Slot } from '@warm-pods/core/state/slot.ts'
import { sessionWork, slotWork, type Work, type WorkKey } from '@warm-pods/core/state/work.ts'
import type { PodChanges } from '../kubernetes/cluster.ts'
import { logSecondError } from '../lib/log.ts'
import type { Services } from '../services.ts'
import type { Lease, LeaseOutcome, PassActivity } from '../store/refill-activity.ts'
import type { HeldLease, PendingWork } from '../store/refill-state.ts'
import {
  causeOf,
  changesJob,
  type Done,
  executeSteps,
  pathProblem,
  report,
  startProblem,
  stepKey,
  workOf,
} from './pass.ts'
import { hasOutgrown, withPoolSize, withRecordedSize } from './pool-size.ts'
import { takePartialSnapshot, takeSnapshot, type VersionedSnapshot } from './snapshot.ts'
import { type Seen, WorkQueue } from './work-queue.ts'

/** A wait ends after this long at the latest, so that the lease is renewed. */
const MAX_WAIT_MS = 1_000
/** A wait shorter than this is a timer. A watch for it would cost the API server more than the next read. */
const SHORT_WAIT_MS = 50
/** How often the lease holder reads the count of pending triggers while it waits. */
const TRIGGER_POLL_MS = 50
/** A whole pass that changed nothing new is repeated after this long. */
const WHOLE_AGAIN_MS = 1_000
/** The whole pass that proves the end waits this many times as long as the last one took. So a busy pool is not read all the time. */
const PROOF_GAP = 5
/** A watch collects changes for as many milliseconds as rows wait, up to this. So a large fill causes fewer passes. */
const MAX_GATHER_MS = 100
/** Rows that one partial pass reads, besides the skipped ones. One batch of DynamoDB has as many keys. */
const ROWS_AT_ONCE = 70
/** A pass renews a lease of which this share is over. */
const RENEWED_SHARE = 1 / 3

/**
 * One invocation of refill. A whole pass compares every row with Kubernetes and puts the rows that are not as they shall be into a
 * queue. A partial pass compares the rows of the queue that are due: after a trigger, a change of a pod, or a time. An invocation begins
 * with a whole pass unless its trigger names the changed rows and the last invocation left the pool at rest (ADR 40).
 */
export class Reconciliation {
  passes = 0
  steps = 0
  /** Warm slots, as far as this invocation knows. */
  warm = 0
  /** The services of the stage. Those of a pass have the size of the pool as target. */
  readonly #stage: Services
  readonly #holder: string
  readonly #work: Work
  readonly #queue = new WorkQueue()
  /** Work from the lease that is to be removed from the row. */
  #taken: readonly PendingWork[] = []
  #renewedMs = 0
  #hasLostLease = false
  /** Work that came while a pass was under way. The pass may have read its rows before. */
  readonly #arrived: (WorkKey | 'all')[] = []
  #isFirstLease = true
  /** When this invocation asked for the lease first, ms since 1970. */
  #sinceMs: number | undefined
  /** When a whole pass is due: monotonic ms; Infinity when none is. */
  #wholeDueMs = Number.POSITIVE_INFINITY
  /** True while a whole pass must still show that nothing is left to do. */
  #isUnproven = false
  /** When that pass is due: monotonic ms. */
  #proofDueMs = 0
  #lastWholeSteps = ''
  /** The count of doubts that the last whole pass has read. */
  #doubtsSeen: number | undefined
  /** The slots that the last whole pass has chosen for rotation, and had no time for. */
  readonly #rotating = new Set<number>()
  /** A problem that rows outside the queue have. */
  #otherProblem: string | undefined
  #failures = 0
  /** The version of the pods to watch from; undefined when it must be read. */
  #podsVersion: string | undefined

  constructor(stage: Services, work: Work) {
    this.#stage = stage
    this.#holder = stage.newId()
    this.#work = work
  }

  /** Releases the lease at any count of triggers. */
  async release(): Promise<void> {
    await this.#stage.refill.releaseLease(this.#holder, undefined)
  }

  /**
   * @param leftMs the rest of the invocation's time.
   * @returns true when changes are still expected; false when nothing is left to do and the lease is released.
   * @throws the error of DynamoDB or Kubernetes when it could not read.
   */
  async run(leftMs: () => number): Promise<boolean> {
    while (leftMs() > 0) {
      const lease = await this.#renew()
      if (!lease) return true
      for (const key of this.#arrived.splice(0)) this.#add(key)
      const nowMs = this.#stage.monotonic()
      if (this.#wholeDueMs <= nowMs) await this.#wholePass(lease)
      else {
        const skipped = this.#stage.limits.jobChangesBurst
        const keys = this.#queue.due(nowMs, { rows: ROWS_AT_ONCE, skipped, room: this.#room() })
        if (keys.length > 0) await this.#partialPass(lease, keys)
      }
      if (this.#hasLostLease) return true
      if (this.#isDone() && (await this.#finish(lease))) return false
      await this.#wait(lease.triggers, leftMs())
    }
    return true
  }

  /** Acquires or renews the lease, and queues the work that triggers have named. @returns undefined when the lease is lost. */
  async #renew(): Promise<HeldLease | undefined> {
    const { limits, monotonic, now, refill } = this.#stage
    this.#sinceMs ??= now()
    const lease = await refill.acquireLease(this.#holder, now(), limits.refillLeaseMs, {
      firstAskedMs: this.#sinceMs,
      work: this.#work,
      taken: this.#taken,
    })
    if (!lease) return undefined
    const nowMs = monotonic()
    this.#renewedMs = nowMs
    this.#taken = lease.work
    this.#arrived.push(...lease.work.map(({ key }) => key))
    const { row } = lease
    if (this.#isFirstLease) {
      this.#isFirstLease = false
      this.#otherProblem = row.problem
      this.#failures = row.failures
      this.warm = currentTarget(row.sizing, limits)
      if (!lease.wasAtRest || this.#work === 'all') this.#wholeDueMs = nowMs
      // A whole pass needs the named rows too, because the index of live sessions may lag.
      if (this.#work !== 'all') this.#arrived.push(...this.#work)
    }
    // A doubt that a whole pass could not clear is tried again a moment later.
    if (isInDoubt(row) && row.doubts !== this.#doubtsSeen) this.#wholeDueMs = nowMs
    return lease
  }

  #add(key: WorkKey | 'all'): void {
    const nowMs = this.#stage.monotonic()
    if (key === 'all') this.#wholeDueMs = nowMs
    else this.#queue.add(key, nowMs)
  }

  /** How many Jobs may be created for slots until too many have no pod. @param except rows that are not counted. */
  #room(except: readonly WorkKey[] = []): number {
    return this.#stage.limits.jobsWithoutPod - this.#queue.withoutPod(except)
  }

  /** Renews the lease during a long pass. @returns false when it is lost. */
  async #keepLease(): Promise<boolean> {
    const { limits, monotonic } = this.#stage
    if (this.#hasLostLease) return false
    if (monotonic() - this.#renewedMs < RENEWED_SHARE * limits.refillLeaseMs) return true
    this.#renewedMs = monotonic()
    this.#hasLostLease = (await this.#renew()) === undefined
    return !this.#hasLostLease
  }

  #isDone(): boolean {
    if (this.#queue.size > 0 || Number.isFinite(this.#wholeDueMs)) return false
    if (!this.#isUnproven) return true
    this.#wholeDueMs = this.#proofDueMs
    return false
  }

  /** @returns false when a call has triggered refill since. */
  #finish({ triggers }: Lease): Promise<boolean> {
    const isAtRest = !this.#queue.hasHeld && this.#failures === 0
    return this.#stage.refill.releaseLease(this.#holder, triggers, isAtRest)
  }

  /** Compares every row. */
  async #wholePass({ outcome, row }: HeldLease): Promise<void> {
    const startMs = this.#stage.monotonic()
    this.#wholeDueMs = Number.POSITIVE_INFINITY
    this.#doubtsSeen = row.doubts
    const { reading, snapshot } = await this.#read(outcome, () =>
      takeSnapshot(this.#stage, this.#queue.sessions),
    )
    const services = await withPoolSize(this.#stage, snapshot)
    this.#podsVersion = snapshot.resourceVersion
    this.warm = warmSlots(snapshot)
    this.#otherProblem = pathProblem(snapshot)
    await raiseSlotCount(services, snapshot)
    this.#queue.clear()
    const isPoolWarm = this.warm >= services.limits.target
    const changes = await this.#pass(services, snapshot, reading, () => isPoolWarm)
    const isRepeated = changes !== '' && changes === this.#lastWholeSteps
    this.#lastWholeSteps = changes
    this.#isUnproven = changes !== ''
    const endMs = services.monotonic()
    this.#proofDueMs = endMs + PROOF_GAP * (endMs - startMs)
    const hasFormer = snapshot.slots.some(({ former, state }) => former && state !== 'EMPTY')
    const isStillInDoubt = snapshot.refill.doubts !== snapshot.refill.doubtsCleared && this.#failures > 0
    if (isRepeated || hasFormer || isStillInDoubt)
      this.#wholeDueMs = Math.min(this.#wholeDueMs, endMs + WHOLE_AGAIN_MS)
  }

  /** Compares the rows that are due. */
  async #partialPass({ outcome, row }: HeldLease, keys: readonly WorkKey[]): Promise<void> {
    if (await hasOutgrown(this.#stage, row)) {
      this.#wholeDueMs = this.#stage.monotonic()
      return
    }
    const services = withRecordedSize(this.#stage, row)
    const { reading, snapshot: read } = await this.#read(outcome, () =>
      takePartialSnapshot(services, keys, row, this.#podsVersion),
    )
    const snapshot = { ...read, rotating: this.#mayRotate(read, services.limits.target) }
    this.#podsVersion = snapshot.resourceVersion
    await raiseSlotCount(services, snapshot)
    // A row that no longer exists needs nothing.
    const found = new Set<WorkKey>([
      ...snapshot.slots.map(({ slot }) => slotWork(slot)),
      ...snapshot.sessions.map(({ sessionId }) => sessionWork(sessionId)),
    ])
    for (const key of keys) if (!found.has(key)) this.#queue.delete(key)
    this.#otherProblem = pathProblem(snapshot) ?? this.#otherProblem
    await this.#pass(services, snapshot, reading, () => this.#queue.slots === 0)
    this.warm = services.limits.target - this.#queue.slots
  }

  /** The slots of this snapshot that a whole pass has chosen for rotation and that may be replaced now. The others stay warm. */
  #mayRotate({ slots }: VersionedSnapshot, target: number): ReadonlySet<number> {
    for (const { slot, state } of slots) if (state !== 'WARM') this.#rotating.delete(slot)
    const most = rotatedAtOnce(target) - (this.#queue.slots - this.#rotating.size)
    const chosen = slots.flatMap(({ slot }) => (this.#rotating.has(slot) ? [slot] : []))
    return new Set(chosen.slice(0, Math.max(0, most)))
  }

  /**
   * Plans, executes and reports, and queues the rows that are not as they shall be.
   * @returns the steps besides confirmations, as a text.
   */
  async #pass(
    services: Services,
    snapshot: VersionedSnapshot,
    reading: Reading,
    isPoolWarm: () => boolean,
  ): Promise<string> {
    const { limits, spec } = services
    const nowMs = services.now()
    const planned = plan(snapshot, nowMs, { limits, spec })
    const without = slotsWithoutPod(snapshot)
    const room = this.#room(snapshot.slots.map(({ slot }) => slotWork(slot))) - without.size
    const parts = split(planned, { changes: limits.jobChangesBurst, room })
    for (const { slot } of snapshot.slots) this.#rotating.delete(slot)
    for (const step of parts.later) if (isRotation(step)) this.#rotating.add(step.slot.slot)
    const done = await executeSteps(services, parts.now, snapshot.readAtMs, () => this.#keepLease())
    this.#note(services, snapshot, { ...parts, done, planned, without }, nowMs)
    this.passes++
    this.steps += done.length
    // The pass is not whole, and another invocation reports its own.
    if (this.#hasLostLease) return ''
    this.#failures = await report(services, snapshot, done, {
      nowMs,
      isPoolWarm: isPoolWarm(),
      reading,
      problem: startProblem(snapshot) ?? this.#queue.problem ?? this.#otherProblem,
    })
    return planned.filter(isChange).map(stepKey).join()
  }

  #note(
    services: Services,
    snapshot: VersionedSnapshot,
    { crowded, done, later, planned, without }: Outcome,
    nowMs: number,
  ): void {
    const { limits, monotonic, paths } = services
    const steps = Map.groupBy(planned.filter(isChange), workOf)
    const skipped = new Set(later.map(workOf))
    const needing = new Set(crowded.map(workOf))
    const reserved = new Set(
      done.flatMap(({ result, step }) => (result.ok && step.do === 'reserve' ? [workOf(step)] : [])),
    )
    const warmed = new Set(
      done.flatMap(({ result, step }) => (result.ok && result.warm ? [workOf(step)] : [])),
    )
    const seenOf: SeenOf = (key) => ({
      steps: warmed.has(key) ? '' : (steps.get(key) ?? []).map(stepKey).join(),
      isSkipped: skipped.has(key),
      needsRoom: needing.has(key),
      hasNoPod: without.has(key) || reserved.has(key),
    })
    const pathOf = new Map(snapshot.pods.map(({ path, pod }) => [pod.uid, path]))
    const outlookOf = slotOutlook(snapshot.refill, nowMs, limits)
    const slots = snapshot.isPartial ? snapshot.slots : allSlots(snapshot.slots, limits.target)
    for (const slot of slots) {
      // Only a whole pass handles the rows of an earlier release.
      if (slot.former) continue
      const key = slotWork(slot.slot)
      const path = slot.state === 'WARM' ? pathOf.get(slot.pod.uid) : undefined
      const left = this.#queue.note(
        key,
        {
          ...seenOf(key),
          outlook: warmed.has(key) ? 'rest' : outlookOf(slot, pathOf),
          jobs: slot.state === 'EMPTY' ? [] : [slot.job],
          isClaimed: slot.state === 'CLAIMED',
          isWatched: slot.state === 'STARTING',
          waitMs: this.#waitMs(slot, snapshot, nowMs, services),
          problem: path && 'problem' in path ? path.problem : startProblem({ slots: [slot] }),
        },
        monotonic(),
      )
      for (const job of left) paths?.forget(job)
    }
    for (const session of snapshot.sessions) this.#noteSession(session, seenOf, services)
  }

  #noteSession(session: SessionRow, seenOf: SeenOf, { monotonic, paths }: Services): void {
    const key = sessionWork(session.sessionId)
    const left = this.#queue.note(
      key,
      {
        ...seenOf(key),
        outlook: sessionOutlook(session),
        jobs: jobsNamedBy(session),
        isClaimed: false,
        isWatched: false,
        waitMs: undefined,
        problem: undefined,
      },
      monotonic(),
    )
    for (const job of left) paths?.forget(job)
  }

  /** The rest of the wait after a claim or of the first back-off, ms; undefined when the slot waits for neither. */
  #waitMs(slot: Slot, snapshot: VersionedSnapshot, nowMs: number, { limits }: Services): number | undefined {
    if (slot.state !== 'EMPTY') return undefined
    const waitMs = Math.max(
      heldBackMs(snapshot.refill, nowMs, limits),
      replenishDelay(slot, snapshot.slots, nowMs, limits),
    )
    return waitMs > 0 ? waitMs : undefined
  }

  /** @throws the error of DynamoDB or Kubernetes. The pool's row records first that refill could not read. */
  async #read(
    lease: LeaseOutcome,
    read: () => Promise<VersionedSnapshot>,
  ): Promise<{ snapshot: VersionedSnapshot; reading: Reading }> {
    const beganMs = this.#stage.monotonic()
    const readMs = (): number => this.#stage.monotonic() - beganMs
    try {
      const snapshot = await read()
      return { snapshot, reading: { lease, readMs: readMs() } }
    } catch (error) {
      const services = this.#stage
      const clusterState = await services.cluster().then(
        (cluster) => cluster.state(),
        () => undefined,
      )
      await services.refill
        .recordError(
          services.now(),
          causeOf(error),
          { lease, readMs: readMs(), steps: [], failed: true },
          clusterState,
        )
        .catch((second: unknown) => logSecondError('record the error', second))
      throw error
    }
  }

  /**
   * Waits for a reason to read again: a row or a whole pass is due, a pod changes, or a handshake ends or is due. A trigger of refill also
   * ends the wait, and so do {@link MAX_WAIT_MS}.
   */
  async #wait(triggers: number, leftMs: number): Promise<void> {
    const { cluster, monotonic, paths, sleep } = this.#stage
    const dueMs = Math.min(this.#queue.nextDueMs(this.#room()), this.#wholeDueMs) - monotonic()
    if (dueMs <= 0) return
    const timeoutMs = Math.max(1, Math.min(MAX_WAIT_MS, leftMs, dueMs))
    if (timeoutMs < SHORT_WAIT_MS) return sleep(timeoutMs)
    const stop = new AbortController()
    const gatherMs = Math.min(MAX_GATHER_MS, this.#queue.size)
    const version = this.#podsVersion
    try {
      const handshake = paths?.change((job) => this.#queue.namesJob(job))
      await Promise.race([
        version === undefined
          ? sleep(timeoutMs)
          : (await cluster()).nextChange(version, { timeoutMs, gatherMs }, stop.signal).then((changes) => {
              if (!stop.signal.aborted) this.#noteChanges(changes)
            }),
        ...(handshake ? [handshake.then((job) => this.#queue.change(job, monotonic()))] : []),
        this.#trigger(triggers, stop.signal),
      ])
    } finally {
      stop.abort()
    }
  }

  #noteChanges({ jobs, resourceVersion }: PodChanges): void {
    const nowMs = this.#stage.monotonic()
    this.#podsVersion = resourceVersion
    if (resourceVersion === undefined) this.#queue.changeAll(nowMs)
    for (const job of jobs) this.#queue.change(job, nowMs)
  }

  /** Resolves when a call has triggered refill since `triggers` was read, or after `stop`. */
  async #trigger(triggers: number, stop: AbortSignal): Promise<void> {
    const { refill, sleep } = this.#stage
    do {
      await sleep(TRIGGER_POLL_MS)
    } while (!stop.aborted && (await refill.pendingTriggers()) === triggers)
  }
}

/** What a pass has planned and done. */
interface Outcome extends Split {
  readonly planned: readonly Step[]
  readonly done: readonly Done[]
  /** The slots whose Jobs had no pod yet. */
  readonly without: ReadonlySet<WorkKey>
}

type SeenOf = (key: WorkKey) => Pick<Seen, 'hasNoPod' | 'isSkipped' | 'needsRoom' | 'steps'>

/** How a pass got the lease, and how long it read. */
type Reading = Pick<PassActivity, 'lease' | 'readMs'>

/** A confirmation changes nothing that the next pass could act on. */
function isChange(step: Step): boolean {
  return step.do !== 'confirmWarm'
}

/** True for the replacement of a warm slot that could be claimed. */
function isRotation(step: Step): step is Step & { do: 'retire' } {
  const isChosen =
    step.do === 'retire' && (step.because === 'spec_outdated' || step.because === 'max_age_exceeded')
  return isChosen && step.slot.state === 'WARM'
}

interface Split {
  /** The steps to execute now. */
  readonly now: readonly Step[]
  /** Steps of rows that change more Jobs than one pass has time for. */
  readonly later: readonly Step[]
  /** Steps that would create a Job while too many Jobs have no pod. */
  readonly crowded: readonly Step[]
}

/** @param most how many Jobs may change, and how many of these may be created for slots. */
function split(steps: readonly Step[], most: { readonly changes: number; readonly room: number }): Split {
  const [now, later, crowded]: [Step[], Step[], Step[]] = [[], [], []]
  let [changes, created] = [0, 0]
  for (const step of steps) {
    if (step.do === 'reserve' && ++created > most.room) crowded.push(step)
    else (changesJob(step) && ++changes > most.changes ? later : now).push(step)
  }
  return { now, later, crowded }
}

/** The slots whose Jobs have no pod yet. */
function slotsWithoutPod({ pods, slots }: Pick<VersionedSnapshot, 'pods' | 'slots'>): Set<WorkKey> {
  const started = new Set(pods.map(({ job }) => job))
  return new Set(
    slots.flatMap((slot) =>
      slot.state === 'STARTING' && !started.has(slot.job) ? [slotWork(slot.slot)] : [],
    ),
  )
}

function warmSlots({ slots }: Pick<VersionedSnapshot, 'slots'>): number {
  return slots.filter(({ state }) => state === 'WARM').length
}

/** A claim must not believe that it has read the whole pool while it misses a slot that this pass reserves. */
async function raiseSlotCount({ limits, refill }: Services, snapshot: VersionedSnapshot): Promise<void> {
  const count = slotCountFor(snapshot.slots, limits.target)
  if (count > (snapshot.refill.slotCount ?? 0)) await refill.raiseSlotCount(count)
}
