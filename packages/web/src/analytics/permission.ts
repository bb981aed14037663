const KEY = 'warm-pods.counting'

/** As much of a browser as a permission is read from. */
export interface Asked {
  readonly doNotTrack?: string | null
  /** Global Privacy Control; PostHog's own `respect_dnt` does not look at it. */
  readonly globalPrivacyControl?: boolean
}
type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Whether the browser itself asks not to be tracked. */
export function isAskedNotTo({ doNotTrack, globalPrivacyControl }: Asked): boolean {
  return globalPrivacyControl === true || doNotTrack === '1' || doNotTrack === 'yes'
}

/** Whether the visitor has switched counting off. Storage that cannot be read cannot hold a yes either. */
export function isSwitchedOff(storage: () => Store): boolean {
  try {
    return storage().getItem(KEY) === 'off'
  } catch {
    return true
  }
}

/** Remembers the visitor's choice; the only thing that is stored, and only once somebody chose. */
export function switchCounting(on: boolean, storage: () => Store): void {
  try {
    if (on) storage().removeItem(KEY)
    else storage().setItem(KEY, 'off')
  } catch {
    // Without storage it stays off anyway.
  }
}
