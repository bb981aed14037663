import { SIMULATION, type Why } from '../copy/simulation.ts'

/** Why the simulator is there, as a sentence that may change while it stands. */
export interface Notice {
  readonly why: Why
  set(what: 'returning'): void
  subscribe(listener: () => void): () => void
  snapshot(): string
}

/** The notice for a reason. */
export function createNotice(why: Why): Notice {
  const gives = why === 'asleep' || why === 'away'
  let text = `${SIMULATION.why[why]}${gives ? ` ${SIMULATION.returns}` : ''}`
  const listeners = new Set<() => void>()
  return {
    why,
    set: (what) => {
      text = SIMULATION[what]
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => text,
  }
}
