import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import { isHealing, type Phase } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/reducer.ts'
import type { VisitEvent } from '../visit/state/visit-event.ts'

/** The parts of the system, as the diagram draws them. */
export type PartName =
  | 'page'
  | 'worker'
  | 'api'
  | 'table'
  | 'refill'
  | 'kubernetes'
  | 'controller'
  | 'gateway'
  | 'pod'

/** What two parts say to each other goes along one of these. */
export type LinkName =
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

/** Something of the visitor's own that went through the system. */
export type PassName =
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

/** Which way each of them goes, first to last. */
export const WAYS: Record<PassName, readonly LinkName[]> = {
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

/** The pass that an event of the visit was; undefined when nothing went anywhere. */
export function passOf(before: Visit, { phase }: Visit, event: VisitEvent): PassName | undefined {
  switch (event.type) {
    case 'claimed':
      return claimPass(before.phase, event.session)
    case 'starting':
      return startPass(before.phase, phase)
    case 'pong':
      return phase.status === 'live' && before.phase.status !== 'live' ? 'socket' : undefined
    case 'kill':
      return phase.status === 'terminating' ? `kill-${event.how}` : undefined
    case 'dead':
      return phase.status === 'recovering' || phase.status === 'lost' ? 'told' : undefined
    default:
      return undefined
  }
}

function claimPass(before: Phase, { source }: Session): PassName | undefined {
  if (before.status === 'requesting') return source === 'cold' ? undefined : 'claim-warm'
  if (before.status !== 'recovering' && before.status !== 'lost') return undefined
  if (isHealing(before)) return 'healed'
  if (before.step !== 'claiming') return undefined
  // A frozen pod is deleted first: nobody else knows that it is dead.
  return before.outage.how === 'freeze' && before.attempt === 1 ? 'failover-frozen' : 'failover'
}

function startPass(before: Phase, after: Phase): PassName | undefined {
  if (before.status === 'requesting') return after.status === 'provisioning' ? 'claim-cold' : undefined
  if (after.status !== 'recovering' && after.status !== 'lost') return undefined
  if (!('replacing' in before) || before.step === 'starting') return undefined
  return isHealing(after) ? 'heal' : 'failover-cold'
}

/** What the visitor's own session uses for as long as it stands as it does. */
export function standing({ phase }: Visit): LinkName[] {
  const links: LinkName[] = []
  if (phase.status === 'live' || phase.status === 'degraded' || phase.status === 'expiring')
    links.push(...WAYS.socket)
  if ((phase.status === 'recovering' || phase.status === 'lost') && phase.step === 'starting')
    links.push(...(isHealing(phase) ? (['kubernetes-controller'] as const) : (['kubernetes-pod'] as const)))
  if (phase.status === 'provisioning') links.push('kubernetes-pod')
  return links
}

/** What the pool uses while a slot of it starts, whoever took the pod before. */
export function refilling({ pool }: PoolReading): readonly LinkName[] {
  return pool?.slots.some(({ state }) => state === 'starting') ? WAYS.refill : []
}

/** Whether a slot was filled between two readings of the pool, or began to be. A start may be over before it is seen. */
export function refillBegan(before: PoolReading, after: PoolReading): boolean {
  if (!before.pool) return false
  const filled = ({ pool }: PoolReading) =>
    (pool?.slots ?? []).flatMap(({ slot, gen, state }) =>
      state === 'starting' || state === 'warm' ? [`${slot}.${gen}`] : [],
    )
  const known = new Set(filled(before))
  return filled(after).some((key) => !known.has(key))
}

/** The parts at both ends of a link. */
export function endsOf(link: LinkName): [PartName, PartName] {
  const [from, to] = link.split('-')
  return [from as PartName, to as PartName] // a link is named after its ends, and no part has a hyphen in its name
}
