import type { Pool } from '@warm-pods/core/api/contracts.ts'

/**
 * What the pods run on. `cluster`: AWS and a cluster. `context`: the API of `npm start` and a cluster. `local`: the API of
 * `npm start` and its own engine. `simulated`: the simulator.
 */
export type Kind = 'cluster' | 'context' | 'local' | 'simulated'

/** Returns the kind that the API's own answer names. The local engine and the simulator name themselves so. */
export function kindOf({ name, region, apiRegion }: Pool['cluster']): Kind {
  if (name === 'local' && region === 'local') return 'local'
  if (name === 'simulated') return 'simulated'
  return apiRegion === 'local' ? 'context' : 'cluster'
}
