import { useSyncExternalStore } from 'react'

/** Tailwind's `lg`: from here on instrument and pool are side by side, and the kill options are never folded. */
const LG = '(min-width: 64rem)'

/** Returns whether the window is wide enough for {@link LG}. */
export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(LG).matches)
}

function subscribe(changed: () => void): () => void {
  const query = matchMedia(LG)
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}
