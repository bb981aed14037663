const KEY = 'warm-pods.counting'

/** The fields of `navigator` that state a permission. */
export interface Asked {
  readonly doNotTrack?: string | null
  /** Global Privacy Control; PostHog's own `respect_dnt` does not look at it. */
  readonly globalPrivacyControl?: boolean
}
type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Returns whether the browser itself asks not to be tracked. */
export function isAskedNotTo({ doNotTrack, globalPrivacyControl }: Asked): boolean {
  return globalPrivacyControl === true || doNotTrack === '1' || doNotTrack === 'yes'
}

/** Returns whether the visitor has switched counting off. Storage that cannot be read counts as off. */
export function isSwitchedOff(storage: () => Store): boolean {
  try {
    return storage().getItem(KEY) === 'off'
  } catch {
    return true
  }
}

/** Stores the visitor's choice. Counting stores nothing else. */
export function switchCounting(on: boolean, storage: () => Store): void {
  try {
    if (on) storage().removeItem(KEY)
    else storage().setItem(KEY, 'off')
  } catch {
    // Without storage counting stays off.
  }
}
