import type { Recovery } from '../visit/state/recovery.ts'
import type { Observer } from '../visit/visit.ts'
import type { Capture } from './capture.ts'

/** Returns an observer that turns a visit's changes into events. No other code counts visits. */
export function counting(capture: Capture): Observer {
  return (before, after, event) => {
    const { phase } = after
    if (event.type === 'kill' && phase.status === 'terminating') capture('pod_terminated', { how: event.how })
    if (after.first && after.first !== before.first && phase.status === 'live')
      capture('pod_claimed', { warm: phase.session.source === 'warm', claim_ms: Math.round(after.first.ms) })
    const recovery = after.recoveries[0]
    if (recovery && event.type === 'pong' && after.recoveries !== before.recoveries)
      capture('recovered', recovered(recovery))
    if (before.phase.status === phase.status) return
    if (phase.status === 'exhausted') capture('pool_exhausted', {})
    if (phase.status === 'limited') capture('limited', {})
    if (phase.status === 'failed') capture('failed', { code: codeOf(event, phase.reason) })
  }
}

function recovered({ outage, legs }: Recovery) {
  const ms = (name: string) => Math.round(legs.find((leg) => leg.name === name)?.ms ?? 0)
  return {
    how: outage.how ?? 'itself',
    told_ms: ms('told'),
    claimed_ms: ms('claimed'),
    connected_ms: ms('connected'),
    pong_ms: ms('pong'),
  } as const
}

/** Returns an error code of the API or a reason of the page, never a message. */
function codeOf(event: Parameters<Observer>[2], reason: string): string {
  return event.type === 'api-error' ? event.error.code : reason
}
