/** A value with change notifications, in the shape that React's `useSyncExternalStore` takes. */
export interface Readable<State> {
  /** Calls `listener` after each change. Returns the undo. */
  subscribe(listener: () => void): () => void
  snapshot(): State
}

export interface Store<State> extends Readable<State> {
  /** Replaces the value and notifies the listeners; the same value (`Object.is`) notifies none of them. */
  set(next: State): void
}

/** Creates a store with its first value. Its methods need no `this`, so they can be handed on one by one. */
export function createStore<State>(initial: State): Store<State> {
  const listeners = new Set<() => void>()
  let state = initial
  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => state,
    set(next) {
      if (Object.is(next, state)) return
      state = next
      for (const listener of listeners) listener()
    },
  }
}
