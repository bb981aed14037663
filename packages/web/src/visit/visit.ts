import { nowMs } from '../lib/clock.ts'
import { createStore, type Readable } from '../lib/create-store.ts'
import type { Probe } from '../probe/probe.ts'
import type { Api } from './api.ts'
import type { EffectContext } from './effects/effect.ts'
import { EFFECTS } from './effects/effects.ts'
import type { Secrets } from './secret.ts'
import { isHolding, type Outage } from './state/phase.ts'
import { reduce } from './state/reducer.ts'
import type { VisitEvent } from './state/visit-event.ts'
import { START, type Visit } from './state/visit-state.ts'

/** Called on every change of the visit, with the event that caused it. */
export type Observer = (before: Visit, after: Visit, event: VisitEvent) => void

/** The state of a visit: the reducer, and the effects that its phases start and stop. */
export interface VisitStore extends Readable<Visit> {
  dispatch(event: VisitEvent): void
  /** Calls `observer` for each event that changes the visit. Returns the undo. */
  observe(observer: Observer): () => void
  /** Asks the API to extend the lease; the answer is dispatched as an event. */
  extendLease(): void
}

interface VisitDeps {
  readonly api: Api
  readonly probe: Probe
  readonly secrets: Secrets
  /** A kill that a reload has interrupted. */
  readonly interrupted?: Outage | undefined
  /** Monotonic ms, by default {@link nowMs}. */
  readonly now?: () => number
  /** 0 to 1. */
  readonly random?: () => number
}

/** Creates a visit in `idle`. It does nothing until `seen` or `ask` is dispatched. */
export function createVisit({
  api,
  probe,
  secrets,
  interrupted,
  now = nowMs,
  random = Math.random,
}: VisitDeps): VisitStore {
  let visit: Visit = { ...START, interrupted }
  const { subscribe, set } = createStore(visit)
  const observers = new Set<Observer>()
  const running = EFFECTS.map((): { key: string | undefined; undo: () => void } => ({
    key: undefined,
    undo: () => {},
  }))
  const queue: VisitEvent[] = []
  let draining = false

  const reconcile = () => {
    for (const [i, effect] of EFFECTS.entries()) {
      const current = running[i]
      const key = effect.key(visit)
      if (!current || current.key === key) continue
      current.undo()
      running[i] = { key, undo: key === undefined ? () => {} : effect.start(visit, context) }
    }
  }
  // An effect may dispatch while it starts. The queue hands each event to all effects before the next event.
  const dispatch = (event: VisitEvent) => {
    queue.push(event)
    if (draining) return
    draining = true
    for (let taken = queue.shift(); taken; taken = queue.shift()) {
      const before = visit
      visit = reduce(before, taken)
      if (visit === before) continue
      for (const observer of observers) observer(before, visit, taken)
      reconcile()
    }
    draining = false
    set(visit)
  }
  const context: EffectContext = {
    api,
    probe,
    secrets,
    now,
    random,
    dispatch,
    pendingKill: Promise.resolve(),
  }

  return {
    dispatch,
    subscribe,
    // Observers and effects read the visit while the queue is being drained, before subscribers are notified.
    snapshot: () => visit,
    observe(observer) {
      observers.add(observer)
      return () => observers.delete(observer)
    },
    extendLease() {
      const { phase } = visit
      if (!isHolding(phase)) return
      void api.extend(phase.session.id).then((answer) => {
        if (answer.is === 'ok') dispatch({ type: 'extended', session: answer.value })
        else if (answer.is === 'error' && answer.error.code === 'lease_at_limit')
          dispatch({ type: 'at-limit' })
      })
    },
  }
}
