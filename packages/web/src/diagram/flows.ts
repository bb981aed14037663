import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import { isHealing, type Phase } from '../visit/state/phase.ts'
import type { VisitEvent } from '../visit/state/visit-event.ts'
import type { Visit } from '../visit/state/visit-state.ts'

/** A box of the diagram: one component of the system. */
export type BoxName =
  | 'page'
  | 'worker'
  | 'api'
  | 'table'
  | 'refill'
  | 'kubernetes'
  | 'controller'
  | 'gateway'
  | 'pod'

/** An edge of the diagram, named after the boxes at its ends. */
export type EdgeName =
  | 'page-api'
  | 'api-table'
  | 'api-refill'
  | 'api-kubernetes'
  | 'refill-table'
  | 'refill-kubernetes'
  | 'kubernetes-controller'
  | 'kubernetes-pod'
  | 'page-worker'
  | 'worker-gateway'
  | 'gateway-pod'

/** A request of the visitor, or its effect, on its way through the system. */
export type FlowName =
  | 'claim-warm'
  | 'claim-cold'
  | 'socket'
  | 'kill-polite'
  | 'kill-crash'
  | 'kill-freeze'
  | 'told'
  | 'failover'
  | 'failover-frozen'
  | 'failover-cold'
  | 'heal'
  | 'healed'
  | 'refill'

/** The edges of each flow, first to last. */
export const FLOW_EDGES: Record<FlowName, readonly EdgeName[]> = {
  'claim-warm': ['page-api', 'api-table', 'api-refill'],
  'claim-cold': ['page-api', 'api-table', 'api-kubernetes', 'kubernetes-pod'],
  socket: ['page-worker', 'worker-gateway', 'gateway-pod'],
  'kill-polite': ['page-api', 'api-table', 'api-kubernetes', 'kubernetes-pod'],
  'kill-crash': ['page-worker', 'worker-gateway', 'gateway-pod', 'page-api', 'api-table'],
  'kill-freeze': ['page-worker', 'worker-gateway', 'gateway-pod'],
  told: ['gateway-pod', 'worker-gateway', 'page-worker'],
  failover: ['page-api', 'api-table', 'api-refill'],
  'failover-frozen': ['page-api', 'api-table', 'api-kubernetes', 'kubernetes-pod', 'api-refill'],
  'failover-cold': ['page-api', 'api-table', 'api-kubernetes', 'kubernetes-pod'],
  heal: ['page-api', 'api-table', 'api-refill', 'kubernetes-controller'],
  healed: ['kubernetes-controller', 'kubernetes-pod'],
  refill: ['refill-table', 'refill-kubernetes', 'kubernetes-pod'],
}

/** Returns the flow that an event of the visit caused; undefined when the event sent nothing. */
export function flowOf(before: Visit, { phase }: Visit, event: VisitEvent): FlowName | undefined {
  switch (event.type) {
    case 'claimed':
      return claimFlow(before.phase, event.session)
    case 'starting':
      return startFlow(before.phase, phase)
    case 'pong':
      return phase.status === 'live' && before.phase.status !== 'live' ? 'socket' : undefined
    case 'kill':
      return phase.status === 'terminating' ? `kill-${event.how}` : undefined
    case 'dead':
      return phase.status === 'recovering' || phase.status === 'lost' ? 'told' : undefined
    case 'reach':
      return phase.status === 'lost' && before.phase.status === 'reconnecting' ? 'told' : undefined
    default:
      return undefined
  }
}

function claimFlow(before: Phase, { source }: Session): FlowName | undefined {
  if (before.status === 'requesting') return source === 'cold' ? undefined : 'claim-warm'
  if (before.status !== 'recovering' && before.status !== 'lost') return undefined
  if (isHealing(before)) return 'healed'
  if (before.step !== 'claiming') return undefined
  // The API deletes a frozen pod first, because nothing else detects its death.
  return before.outage.how === 'freeze' && before.attempt === 1 ? 'failover-frozen' : 'failover'
}

function startFlow(before: Phase, after: Phase): FlowName | undefined {
  if (before.status === 'requesting') return after.status === 'provisioning' ? 'claim-cold' : undefined
  if (after.status !== 'recovering' && after.status !== 'lost') return undefined
  if (!('replacing' in before) || before.step === 'starting') return undefined
  return isHealing(after) ? 'heal' : 'failover-cold'
}

/** Returns the edges that the visitor's session uses as long as the phase lasts. */
export function sessionEdges({ phase }: Visit): EdgeName[] {
  const edges: EdgeName[] = []
  if (phase.status === 'live' || phase.status === 'degraded' || phase.status === 'expiring')
    edges.push(...FLOW_EDGES.socket)
  if ((phase.status === 'recovering' || phase.status === 'lost') && phase.step === 'starting')
    edges.push(...(isHealing(phase) ? (['kubernetes-controller'] as const) : (['kubernetes-pod'] as const)))
  if (phase.status === 'provisioning') edges.push('kubernetes-pod')
  return edges
}

/** Returns the edges that the pool uses while a slot starts. */
export function refillEdges({ pool }: PoolReading): readonly EdgeName[] {
  return pool?.slots.some(({ state }) => state === 'starting') ? FLOW_EDGES.refill : []
}

/** Returns whether a slot began to start between two readings. A slot that is already warm counts: starts can be short. */
export function refillBegan(before: PoolReading, after: PoolReading): boolean {
  if (!before.pool) return false
  const filled = ({ pool }: PoolReading) =>
    (pool?.slots ?? []).flatMap(({ slot, gen, state }) =>
      state === 'starting' || state === 'warm' ? [`${slot}.${gen}`] : [],
    )
  const known = new Set(filled(before))
  return filled(after).some((key) => !known.has(key))
}

/** Returns the boxes at both ends of an edge. */
export function boxesOf(edge: EdgeName): [BoxName, BoxName] {
  const [from, to] = edge.split('-')
  return [from as BoxName, to as BoxName] // an edge is named after its ends, and no box name has a hyphen
}
