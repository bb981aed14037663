/** Every event that may be counted, and the question it answers. No event carries a name, an address or an id. */
export interface Events {
  /** How many visits get a pod at once, and how long that takes. */
  pod_claimed: { warm: boolean; claim_ms: number }
  /** Which kill option visitors choose. */
  pod_terminated: { how: 'polite' | 'crash' | 'freeze' }
  /** How long a recovery takes on real networks, leg by leg. */
  recovered: {
    how: 'polite' | 'crash' | 'freeze' | 'itself'
    told_ms: number
    claimed_ms: number
    connected_ms: number
    pong_ms: number
  }
  /** How often a visitor gets no pod because of the cap. */
  pool_exhausted: Record<string, never>
  /** How often a visitor gets no pod because of the limits of one network. */
  limited: Record<string, never>
  /** Whether visitors share the link of a recording. */
  run_shared: Record<string, never>
  /** Whether visitors export the raw samples. */
  run_exported: Record<string, never>
  /** Why the demo failed; `uncaught` is an error of the page’s scripts that nothing caught. */
  failed: { code: string }
}

/** The names of all events. PostHog gets no event with another name. */
export const EVENT_NAMES: readonly (keyof Events)[] = [
  'pod_claimed',
  'pod_terminated',
  'recovered',
  'pool_exhausted',
  'limited',
  'run_shared',
  'run_exported',
  'failed',
]

export type Capture = <Name extends keyof Events>(name: Name, props: Events[Name]) => void

let sink: Capture | undefined

/** Counts an event; does nothing unless counting was switched on by {@link countWith}. */
export const capture: Capture = (name, props) => sink?.(name, props)

/** Sets the receiver of all later events; undefined stops counting. */
export function countWith(to: Capture | undefined): void {
  sink = to
}
