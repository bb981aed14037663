import { heldOf, holdsLease, isHolding, isReaching, type Phase } from '../state/phase.ts'
import type { Visit } from '../state/visit-state.ts'
import { after, cancellable, type Effect, type EffectContext } from './effect.ts'
import { readHeals, release, reportConnected, watchLease } from './lease.ts'
import { replacePod, runKill } from './replace-pod.ts'
import { checkPath, claim, readUntilStarted, reroute } from './requests.ts'

/** All effects of a visit, each with the key of the states in which it runs. */
export const EFFECTS: readonly Effect[] = [
  { key: connectionKey, start: connect },
  {
    key: ({ phase }) => (phase.status === 'requesting' ? `${phase.attempt} ${phase.notBeforeMs}` : undefined),
    start: claim,
  },
  { key: startingKey, start: readUntilStarted },
  {
    key: ({ phase }) =>
      phase.status === 'connecting' && phase.step !== 'opening'
        ? `${phase.step} ${phase.attempt} ${phase.session.epoch}`
        : undefined,
    start: reroute,
  },
  {
    key: ({ phase }) =>
      isReaching(phase) && phase.path.check !== undefined
        ? `${phase.session.epoch} ${phase.path.check}`
        : undefined,
    start: checkPath,
  },
  {
    key: ({ phase }) =>
      (phase.status === 'recovering' || phase.status === 'lost') && phase.step === 'claiming'
        ? `${phase.replacing} ${phase.attempt}`
        : undefined,
    start: (visit, context) => cancellable((signal) => replacePod(visit, context, signal)),
  },
  { key: ({ phase }) => (phase.status === 'terminating' ? phase.connection : undefined), start: runKill },
  { key: leaseKey, start: watchLease },
  {
    key: ({ phase }) => retryMsOf(phase)?.toString(),
    start: retry,
  },
  { key: restKey, start: rest },
  { key: releaseKey, start: release },
  { key: reportKey, start: reportConnected },
  { key: healsKey, start: readHeals },
]

function connectionKey({ phase }: Visit): string | undefined {
  if (isHolding(phase) || phase.status === 'terminating') return phase.connection
  return isReaching(phase) && phase.path.retryMs === undefined ? phase.path.connection : undefined
}

function connect({ phase }: Visit, { api, probe, random, dispatch }: EffectContext): () => void {
  const session = 'session' in phase ? heldOf(phase.session) : undefined
  if (!session) return () => {}
  const { url, protocols } = session.socket
  return probe.connect({ url: api.socketUrl(url), protocols, pod: session.epoch }, (report) => {
    switch (report.type) {
      case 'open':
        return dispatch({ type: 'opened', atMs: report.atMs, startedMs: report.startedMs })
      case 'pong':
        return dispatch(report)
      case 'unopened':
        return dispatch({
          type: 'unopened',
          atMs: report.atMs,
          code: report.code,
          random: random(),
          lastWorkedMs: api.lastWorkedMs(),
        })
      case 'dead':
        return dispatch({ ...report, random: random() })
      default:
        report satisfies never
    }
  })
}

function retryMsOf(phase: Phase): number | undefined {
  if (isReaching(phase)) return phase.path.retryMs
  return 'retryMs' in phase ? phase.retryMs : undefined
}

function retry({ phase }: Visit, { now, dispatch }: EffectContext): () => void {
  return after((retryMsOf(phase) ?? 0) - now(), () => dispatch({ type: 'timer', atMs: now() }))
}

function rest(_: Visit, { probe }: EffectContext): () => void {
  probe.rest()
  return () => {}
}

function startingKey({ phase }: Visit): string | undefined {
  if (phase.status === 'provisioning') return phase.session.id
  if ((phase.status === 'recovering' || phase.status === 'lost') && phase.step === 'starting')
    return `${phase.session.id} ${phase.replacing}`
  return undefined
}

function leaseKey({ phase }: Visit): string | undefined {
  return holdsLease(phase) ? `${isHolding(phase)} ${phase.session.leaseEndsAt}` : undefined
}

function restKey({ phase: { status } }: Visit): string | undefined {
  return status === 'idle' || status === 'asleep' || status === 'failed' ? status : undefined
}

function releaseKey({ phase }: Visit): string | undefined {
  return 'release' in phase ? phase.release : undefined
}

function reportKey({ phase }: Visit): string | undefined {
  return isHolding(phase) ? `${phase.session.id} ${phase.session.epoch}` : undefined
}

/** Set while the newest recovery still waits for Kubernetes' own time. */
function healsKey({ recoveries, phase }: Visit): string | undefined {
  const recovery = recoveries[0]
  const pending = recovery?.outage.cause === 'click' && recovery.healMs === undefined
  return pending && isHolding(phase) && phase.session.id === recovery.to.id ? `${recovery.epoch}` : undefined
}
