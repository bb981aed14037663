import type { Health } from '@warm-pods/core/api/contracts.ts'
import type { Slot } from '@warm-pods/core/state/slot.ts'
import type { Services } from '../services.ts'

type Dependency = Health['dependencies'][number]

const UNCHECKED =
  'not checked, because neither GATEWAY_CHECK_URL nor GATEWAY_URL is set: a pod counts as warm once Kubernetes reports it Ready'

const NO_POD = 'not checked, because no pod is warm'

/**
 * The visitors' way to a pod: a handshake with a warm pod through the gateway. Without a warm pod it is what refill has found about
 * a pod that starts.
 * @param rows the slots as just read.
 */
export async function gatewayHealth(
  { gateway, monotonic }: Services,
  rows: readonly Slot[],
): Promise<Dependency> {
  const startedMs = monotonic()
  const result = (problem?: string, ok = problem === undefined): Dependency => ({
    name: 'gateway',
    ok,
    latencyMs: Math.round((monotonic() - startedMs) * 10) / 10,
    ...(problem === undefined ? {} : { problem }),
  })
  if (!gateway) return result(UNCHECKED, true)
  const warm = rows.find((slot) => slot.state === 'WARM')
  if (!warm) {
    const ways = rows.flatMap((slot) => (slot.state === 'STARTING' ? (slot.routed ?? []) : []))
    const problem = ways.find((way) => way.problem !== undefined)?.problem
    return problem === undefined ? result(NO_POD, true) : result(problem)
  }
  const handshake = await gateway.recent(warm.pod.ip)
  switch (handshake.reach) {
    case 'answers':
    case 'limited':
      return result()
    case 'no_answer':
      return result(`The gateway does not reach a warm pod: it ${handshake.problem}`)
    case 'gateway_down':
      return result(`The gateway ${handshake.problem}`)
    default:
      return handshake satisfies never
  }
}
