import { SIMULATION } from '../copy/simulation.ts'
import { createStore, type Readable } from '../lib/create-store.ts'

/** Why the page is simulated. */
export type Why = keyof typeof SIMULATION.why

/** The line that says why the page is simulated; it changes when the real API is back. */
export interface Notice extends Readable<string> {
  readonly why: Why
  set(what: 'returning'): void
}

/** Creates the notice for a reason. */
export function createNotice(why: Why): Notice {
  const gives = why !== 'asked' && why !== 'no-backend'
  const { subscribe, snapshot, set } = createStore<string>(
    `${SIMULATION.why[why]}${gives ? ` ${SIMULATION.returns}` : ''}`,
  )
  return {
    why,
    set: (what) => set(SIMULATION[what]),
    subscribe,
    snapshot,
  }
}
