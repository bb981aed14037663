import { useEffect, useState } from 'react'
import type { Readable } from './create-store.ts'

/**
 * Returns the value of a store. Changes that arrive in one task are rendered together in the next one. `useSyncExternalStore`
 * renders at each change, and draws the page anew in one piece when a change comes during its first drawing.
 */
export function useStore<State>(store: Readable<State>): State {
  const [state, setState] = useState(store.snapshot)
  useEffect(() => {
    const update = () => setState(store.snapshot)
    update()
    return store.subscribe(update)
  }, [store])
  return state
}
