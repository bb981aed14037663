import { nowMs } from '../lib/clock.ts'
import type { Probe } from '../probe/probe.ts'
import type { Api } from './api.ts'
import type { EffectContext } from './effects/effect.ts'
import { EFFECTS } from './effects/effects.ts'
import type { Secrets } from './secret.ts'
import { isHolding } from './state/phase.ts'
import { reduce, START, type Visit } from './state/reducer.ts'
import type { VisitEvent } from './state/visit-event.ts'

/** Hears of every change: before, after, and why. */
export type Observer = (before: Visit, after: Visit, event: VisitEvent) => void

/** A visit under way: the reducer, and the jobs its states call for. */
export interface VisitStore {
  dispatch(event: VisitEvent): void
  subscribe(listener: () => void): () => void
  snapshot(): Visit
  observe(observer: Observer): () => void
  /** Extends the lease; the answer comes as an event. */
  extendLease(): void
}

interface VisitDeps {
  readonly api: Api
  readonly probe: Probe
  readonly secrets: Secrets
  readonly now?: () => number
  readonly random?: () => number
}

/** Starts a visit in `idle`; it does nothing until it is dispatched `seen` or `ask`. */
export function createVisit({
  api,
  probe,
  secrets,
  now = nowMs,
  random = Math.random,
}: VisitDeps): VisitStore {
  let visit = START
  const listeners = new Set<() => void>()
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
  // Jobs may dispatch while they start: events are taken one after the other, each seen by all jobs.
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
    for (const listener of listeners) listener()
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
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
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
