/** Every event that may be counted, and what it is counted for. None carries a name, an address or an id. */
export interface Events {
  /** How many visits get a pod at once, and how long that takes. */
  pod_claimed: { warm: boolean; claim_ms: number }
  /** Which way to die people choose. */
  pod_terminated: { how: 'polite' | 'crash' | 'freeze' }
  /** How long a recovery takes on real networks, leg by leg. */
  recovered: {
    how: 'polite' | 'crash' | 'freeze' | 'itself'
    told_ms: number
    claimed_ms: number
    connected_ms: number
    pong_ms: number
  }
  /** How often the cap turns somebody away. */
  pool_exhausted: Record<string, never>
  /** How often the limits of one network turn somebody away. */
  limited: Record<string, never>
  /** Whether the link that holds a run is used. */
  run_shared: Record<string, never>
  /** Whether the raw samples are wanted. */
  run_exported: Record<string, never>
  /** What the demo fails of. */
  failed: { code: string }
}

/** The names of all of them: what is not here is not sent. */
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

/** Where events go from now on; undefined: nowhere. */
export function countWith(to: Capture | undefined): void {
  sink = to
}
