/** Builders for tests of the planner: a small healthy world, with options for each defect. */
import { LIMITS } from '../limits.ts'
import type { JobView, PodView } from '../state/cluster-view.ts'
import type { DoneKill, RequestedKill, SentKill } from '../state/kill-state.ts'
import type { PreviousJob, SessionRow } from '../state/session.ts'
import type { ClaimedSlot, EmptySlot, Slot, StartingSlot, WarmSlot } from '../state/slot.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { PlanConfig } from './step.ts'

/** 2026-09-21T14:13:20Z. */
export const NOW = 1_790_000_000_000
export const SPEC = 'spec-1'
export const CONFIG: PlanConfig = { limits: LIMITS, spec: SPEC }

export function empty(slot: number, more: Partial<EmptySlot> = {}): EmptySlot {
  return { slot, gen: 1, state: 'EMPTY', sinceMs: NOW - 1_000, ...more }
}

export function starting(slot: number, more: Partial<StartingSlot> = {}): StartingSlot {
  return { ...filled(slot), state: 'STARTING', sinceMs: NOW - 1_000, ...more }
}

export function warm(slot: number, more: Partial<WarmSlot> = {}): WarmSlot {
  const job = more.job ?? jobOf(slot)
  return { ...filled(slot), state: 'WARM', pod: pod(job).pod, checkedAtMs: NOW - 1_000, ...more }
}

export function claimed(slot: number, more: Partial<ClaimedSlot> = {}): ClaimedSlot {
  const job = more.job ?? jobOf(slot)
  return {
    ...filled(slot),
    state: 'CLAIMED',
    pod: pod(job).pod,
    sessionId: 'ada',
    epoch: 1,
    claimedAtMs: NOW - 100,
    ...more,
  }
}

function filled(slot: number) {
  return { slot, gen: 1, job: jobOf(slot), key: `key-${slot}`, spec: SPEC, sinceMs: NOW - 60_000 }
}

export function jobOf(slot: number): string {
  return `warm-${slot}-1-bcdfg`
}

export function job(name: string, more: Partial<JobView> = {}): JobView {
  return {
    name,
    uid: `${name}-uid`,
    resourceVersion: '1',
    createdAtMs: NOW - 60_000,
    state: 'active',
    ...more,
  }
}

/** The Ready pod of a Job. @param n 0 for the first pod, 1 for its replacement. */
export function pod(ofJob: string, more: Partial<PodView> = {}, n = 0): PodView {
  const uid = `${ofJob}-pod-${n}`
  return {
    job: ofJob,
    pod: {
      name: uid,
      uid,
      alias: 'calm-wren',
      ip: '10.0.0.1',
      node: 'node-1',
      zone: 'zone-a',
      startedAt: '2026-09-21T14:12:20.000Z',
    },
    createdAtMs: NOW - 60_000,
    phase: 'Running',
    ready: true,
    readyAtMs: NOW - 58_000,
    deleting: false,
    progress: [{ step: 'created', at: '2026-09-21T14:12:20.000Z' }],
    ...more,
  }
}

/** A pod that has started but is not Ready. */
export function pending(ofJob: string, more: Partial<PodView> = {}, n = 0): PodView {
  const { readyAtMs: _readyAtMs, ...rest } = pod(ofJob, {}, n)
  return { ...rest, ready: false, phase: 'Pending', ...more }
}

/** A live session on the pod of `warm-0`. The slot is free and the page is connected. */
export function session(more: Partial<SessionRow> = {}): SessionRow {
  const name = more.job ?? jobOf(0)
  return {
    sessionId: 'ada',
    version: 3,
    state: 'live',
    epoch: 1,
    source: 'warm',
    job: name,
    key: 'key-0',
    pod: pod(name).pod,
    createdAtMs: NOW - 30_000,
    epochAtMs: NOW - 30_000,
    seenAtMs: NOW - 30_000,
    connectedEpoch: 1,
    leaseEndsAtMs: NOW + 270_000,
    endsAtMs: NOW + 1_770_000,
    previousJobs: [],
    heals: [],
    receipt: { outcome: 'warm', stages: [], candidates: 4, tries: 1, conflicts: 0 },
    visitor: 'v',
    finalized: false,
    ...more,
  }
}

/** A session without a pod that has waited for `agoMs`. */
export function waiting(state: 'starting' | 'recovering', agoMs: number, more: Partial<SessionRow> = {}) {
  const { pod: _pod, ...row } = session({ connectedEpoch: 0, source: 'cold', job: COLD, ...more })
  return { ...row, state, epochAtMs: NOW - agoMs, seenAtMs: NOW - agoMs, ...more }
}

export const COLD = 'cold-ada-1-bcdfg'

/** A kill of the pod of `warm-0` that the API server has accepted. */
export function killed(more: Partial<DoneKill> = {}): DoneKill {
  return { ...killSent(), state: 'done', ...more }
}

/** A kill of the pod of `warm-0` that the API server has not accepted. */
export function killSent(more: Partial<SentKill> = {}): SentKill {
  return { ...killRequested(), state: 'sent', podUid: pod(jobOf(0)).pod.uid, ...more }
}

/** A kill of a session that had no pod yet. */
export function killRequested(more: Partial<RequestedKill> = {}): RequestedKill {
  return { state: 'requested', epoch: 1, how: 'polite', atMs: NOW - 10_000, ...more }
}

export function previousJob(name: string, more: Partial<PreviousJob> = {}): PreviousJob {
  return { job: name, epoch: 1, ...more }
}

/** A snapshot with these parts and nothing else. */
export function world(parts: Partial<Snapshot>): Snapshot {
  return {
    slots: [],
    sessions: [],
    jobs: [],
    pods: [],
    refill: { failures: 0, pausedUntilMs: 0 },
    ...parts,
  }
}

/** Four warm slots with their Jobs and Ready pods. A given slot replaces the warm slot of the same number. */
export function pool(parts: Partial<Snapshot> = {}): Snapshot {
  const given: readonly Slot[] = parts.slots ?? []
  const rest = [0, 1, 2, 3].filter((number) => !given.some(({ slot }) => slot === number))
  return world({
    ...parts,
    slots: [...given, ...rest.map((slot) => warm(slot))].sort((a, b) => a.slot - b.slot),
    jobs: [...rest.map((slot) => job(jobOf(slot))), ...(parts.jobs ?? [])],
    pods: [...rest.map((slot) => pod(jobOf(slot))), ...(parts.pods ?? [])],
  })
}
