import { startTransition, useCallback, useEffect, useRef, useState } from 'react'
import { nowMs } from '../lib/clock.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { VisitStore } from '../visit/visit.ts'
import { type LinkName, type PassName, passOf, refillBegan, WAYS } from './hops.ts'

/** One pass, with the time of day for the list of them. */
export interface Pass {
  /** When it was, to the microsecond: no two are the same. */
  readonly id: number
  readonly name: PassName
  /** ms since 1970. */
  readonly at: number
}

interface Passes {
  /** Newest first. */
  readonly recent: readonly Pass[]
  /** What the visitor's own requests used within the last moments. */
  readonly links: readonly LinkName[]
}

const KEPT = 6
/** A claim is over in a few hundredths of a second: its way stays lit long enough to be followed. */
const LIT_MS = 1_000

/** Follows what the visitor's own requests pass, event by event and not by what happens to be drawn. */
export function usePasses(store: VisitStore, reading: PoolReading): Passes {
  const [recent, setRecent] = useState<readonly Pass[]>(() => passedAlready(store))
  const [lit, setLit] = useState<readonly Pass[]>([])
  const last = useRef(reading)

  const add = useCallback((name: PassName) => {
    const pass = { id: nowMs(), name, at: Date.now() }
    // After what the visit itself draws: a recovery is under way just now.
    startTransition(() => {
      setRecent((before) => [pass, ...before].slice(0, KEPT))
      setLit((before) => [...before, pass])
    })
  }, [])
  useEffect(() => {
    const [oldest, ...rest] = lit
    if (!oldest) return
    const timer = setTimeout(() => setLit(rest), Math.max(0, oldest.at + LIT_MS - Date.now()))
    return () => clearTimeout(timer)
  }, [lit])
  useEffect(
    () =>
      store.observe((before, after, event) => {
        const name = passOf(before, after, event)
        if (name) add(name)
      }),
    [store, add],
  )
  useEffect(() => {
    if (refillBegan(last.current, reading)) add('refill')
    last.current = reading
  }, [reading, add])

  return { recent, links: lit.flatMap(({ name }) => (name === 'refill' ? [] : WAYS[name])) }
}

/** The diagram comes after the first pong: what led to that has passed. */
function passedAlready(store: VisitStore): Pass[] {
  const { first, phase } = store.snapshot()
  if (!first || !('session' in phase)) return []
  const claim = phase.session.source === 'cold' ? 'claim-cold' : 'claim-warm'
  return [
    { id: 0, name: 'socket', at: first.atMs },
    { id: -1, name: claim, at: first.atMs - first.ms },
  ]
}
