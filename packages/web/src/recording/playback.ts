import { type Frame, type Point, WINDOW_MS } from '../probe/protocol.ts'
import type { Sample } from '../probe/samples.ts'
import { statistics } from '../probe/statistics.ts'
import type { Held } from '../visit/state/phase.ts'
import { START, type Visit } from '../visit/state/visit-state.ts'
import { type Recording, totalOf } from './recording.ts'

/** Returns when the last event of a recording happened, ms after the click. */
export function endOf({ points, legs }: Recording): number {
  return Math.max(totalOf({ legs }), ...points.map(({ dueMs, rttMs }) => dueMs + (rttMs ?? 0)))
}

/** Returns the chart as it was `atMs` after the click, without later events. */
export function frameAt(recording: Recording, atMs: number): Frame {
  const points = recording.points
    .filter(({ dueMs }) => dueMs <= atMs && dueMs >= atMs - WINDOW_MS)
    .map(
      (point): Point =>
        point.rttMs !== null && point.dueMs + point.rttMs > atMs
          ? { ...point, rttMs: null, state: 'waiting' }
          : point,
    )
  const samples = points.map(sampleOf)
  return {
    atMs,
    points,
    gaps: recording.gaps
      .filter(({ fromMs, toMs }) => fromMs <= atMs && (toMs === null || toMs >= atMs - WINDOW_MS))
      .map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs === null || toMs > atMs ? null : toMs })),
    statistics: statistics(samples, atMs),
    slow: undefined,
  }
}

function sampleOf({ dueMs, rttMs, pod, state }: Point, seq: number): Sample {
  return {
    seq,
    pod,
    dueMs,
    sentMs: dueMs,
    answeredMs: rttMs === null ? null : dueMs + rttMs,
    rttMs,
    heldMs: null,
    // The link does not carry the error of the instrument, so it is blank and not zero.
    latenessMs: null,
    state: state === 'unanswered' ? 'missed' : state,
  }
}

/** Returns a visit with the part that the chart draws from: the recovery, with the kill at time 0 of the recording. */
export function visitOf(recording: Recording): Visit {
  const of = heldAs(recording.died, 1)
  const to = heldAs(recording.tookOver, 2)
  const { cause, how, recover, legs, lost, downMs } = recording
  const totalMs = totalOf(recording)
  const recovery = {
    epoch: 1,
    outage: { cause, how, recover, of, atMs: 0 },
    to,
    legs,
    totalMs,
    downMs,
    lost,
    pongMs: totalMs,
    healMs: recording.healMs,
    poolRecoveredMs: recording.poolRecoveredMs,
  }
  return { ...START, recoveries: [recovery] }
}

/** Returns a session with nothing but the name of its pod. */
function heldAs(alias: string, epoch: number): Held {
  return {
    id: '',
    state: 'live',
    epoch,
    source: 'warm',
    pod: { name: '', uid: '', alias, ip: '', node: '', zone: '', startedAt: '' },
    socket: { url: '', protocols: [] },
    leaseEndsAt: '',
    endsAt: '',
    receipt: { outcome: 'warm', stages: [], candidates: 0, tries: 0, conflicts: 0 },
    heals: [],
  }
}
