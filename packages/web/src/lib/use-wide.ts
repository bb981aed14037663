import { useSyncExternalStore } from 'react'

/** Tailwind's `lg`: from here on instrument and pool are side by side, and the kill options are never folded. */
const LG = '(min-width: 64rem)'

let query: MediaQueryList | undefined

/** Returns whether the window is wide enough for {@link LG}. */
export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => lg().matches)
}

/** Kept, because the chart asks for it at each frame. */
function lg(): MediaQueryList {
  query ??= matchMedia(LG)
  return query
}

function subscribe(changed: () => void): () => void {
  lg().addEventListener('change', changed)
  return () => lg().removeEventListener('change', changed)
}
