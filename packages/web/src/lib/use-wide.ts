import { useSyncExternalStore } from 'react'

/** Tailwind's `lg`: from here on instrument and pool stand side by side, and the ways to die are never folded away. */
const LG = '(min-width: 64rem)'

/** Whether the window is wide enough for everything to be open. */
export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(LG).matches)
}

function subscribe(changed: () => void): () => void {
  const query = matchMedia(LG)
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}
