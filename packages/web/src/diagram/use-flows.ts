import { startTransition, useCallback, useEffect, useRef, useState } from 'react'
import { nowMs } from '../lib/clock.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { VisitStore } from '../visit/visit.ts'
import { type EdgeName, FLOW_EDGES, type FlowName, flowOf, refillBegan } from './flows.ts'

/** One entry in the list of recent flows. */
export interface Flow {
  /** {@link nowMs} of the flow; unique, because its resolution is below a millisecond. */
  readonly id: number
  readonly name: FlowName
  /** ms since 1970. */
  readonly at: number
}

export interface Flows {
  /** Newest first. */
  readonly recent: readonly Flow[]
  /** The edges that the visitor's requests used within the last second. */
  readonly edges: readonly EdgeName[]
}

const KEPT = 6
/** A claim takes some 30 ms. Its edges stay highlighted for longer, so that a visitor can follow them. */
const HIGHLIGHT_MS = 1_000

/** Collects the flows of the visitor's requests from the events of the visit. */
export function useFlows(store: VisitStore, reading: PoolReading): Flows {
  const [recent, setRecent] = useState<readonly Flow[]>(() => earlierFlows(store))
  const [highlighted, setHighlighted] = useState<readonly Flow[]>([])
  const last = useRef(reading)

  const add = useCallback((name: FlowName) => {
    const flow = { id: nowMs(), name, at: Date.now() }
    // A transition, because a recovery may be in progress and its renders come first.
    startTransition(() => {
      setRecent((before) => [flow, ...before].slice(0, KEPT))
      setHighlighted((before) => [...before, flow])
    })
  }, [])
  useEffect(() => {
    const [oldest, ...rest] = highlighted
    if (!oldest) return
    const timer = setTimeout(() => setHighlighted(rest), Math.max(0, oldest.at + HIGHLIGHT_MS - Date.now()))
    return () => clearTimeout(timer)
  }, [highlighted])
  useEffect(
    () =>
      store.observe((before, after, event) => {
        const name = flowOf(before, after, event)
        if (name) add(name)
      }),
    [store, add],
  )
  useEffect(() => {
    if (refillBegan(last.current, reading)) add('refill')
    last.current = reading
  }, [reading, add])

  return { recent, edges: highlighted.flatMap(({ name }) => (name === 'refill' ? [] : FLOW_EDGES[name])) }
}

/** Returns the flows before the diagram was mounted, which is after the first pong. */
function earlierFlows(store: VisitStore): Flow[] {
  const { first, phase } = store.snapshot()
  if (!first || !('session' in phase)) return []
  const claim = phase.session.source === 'cold' ? 'claim-cold' : 'claim-warm'
  return [
    { id: 0, name: 'socket', at: first.atMs },
    { id: -1, name: claim, at: first.atMs - first.ms },
  ]
}
