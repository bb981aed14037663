import {
  lazy,
  startTransition,
  useDeferredValue,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from 'react'
import { flushSync } from 'react-dom'
import { Boundary } from '../components/error-boundary.tsx'
import { CHART } from '../copy/first-paint.ts'
import { whenIdle } from '../lib/idle.ts'
import { retryImport } from '../lib/retry-import.ts'
import { useWide } from '../lib/use-wide.ts'
import { type Frame, WINDOW_MS } from '../probe/protocol.ts'
import { epochOf, podOf } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { boundMs, createAxis, spanFor } from './axis.ts'
import { chartSummary } from './chart-text.ts'
import type { CurrentOutage } from './outages.ts'

const Chart = lazy(() => retryImport(() => import('./chart.tsx')))
/** Less than the 5 s of line after which the kill button is enabled, so that the chart is there for the first kill. */
const FIRST_SECONDS_MS = 4_000
/** A pointer that moves less between down and up taps. */
const TAP_PX = 10

interface Props {
  readonly frame: Frame | undefined
  readonly visit: Visit
  readonly onFocusChange: (focused: boolean) => void
  /** Mounts the chart without a wait on phones as well, because nothing else loads on this page. */
  readonly atOnce?: boolean
}

/** The chart's box: its size, its window, its sentence for screen readers, and a placeholder until the chart is loaded. */
export function ChartFrame({ frame, visit, onFocusChange, atOnce = false }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const startY = useRef(0)
  const { width, height } = useSize(box)
  const [axis] = useState(createAxis)
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
  const focus = (focused: boolean) => {
    setFocused(focused)
    onFocusChange(focused)
  }
  useTapOutside(box, pointed, () => setPointed(false))
  const points = frame?.points ?? []
  const coveredMs = (frame?.atMs ?? 0) - (points[0]?.dueMs ?? frame?.atMs ?? 0)
  const seconds = spanFor(coveredMs / 1_000, width > 0 && width < 560 ? 30 : WINDOW_MS / 1_000)
  // Deferred: these change with the click and with the first pong, when the recovery must not wait for the chart.
  const current = useDeferredValue(useCurrentOutage(visit))
  const recoveries = useDeferredValue(visit.recoveries)
  const top = useMemo(() => (frame ? axis.next(boundMs(frame.statistics), frame.atMs) : 0), [axis, frame])
  const names = useNames(visit)
  const sentence = frame ? chartSummary(frame, current) : CHART.unmeasured
  const plot = useMemo(() => ({ width, height, seconds, top }), [width, height, seconds, top])
  const wanted = useWanted(frame !== undefined && frame.statistics.maxMs !== undefined, atOnce || pointed)
  const placeholder = (
    <p className="flex h-full items-center justify-center px-6 text-center text-sm text-muted-foreground">
      {CHART.empty}
    </p>
  )
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only tracks whether the chart inside it has the pointer or the focus
    <div
      ref={box}
      className="relative h-56 touch-pan-y overflow-hidden sm:h-72"
      // The points of a moving chart cannot be walked: keyboard focus pauses it. Recharts' own listener then selects a
      // point, so its store must have the rows by that time.
      onFocusCapture={(event) => event.target.matches(':focus-visible') && flushSync(() => focus(true))}
      onBlur={() => focus(false)}
      // Only of a mouse: after a tap browsers send mouse events too, late or not at all.
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && setPointed(true)}
      onPointerLeave={({ pointerType }) => pointerType === 'mouse' && setPointed(false)}
      // A tap shows a point, a finger that scrolls the page shows none. The scroll ends in `pointercancel`, or in
      // `pointerup` far from its start when the browser was too busy to scroll in time.
      onPointerDown={({ clientY }) => {
        startY.current = clientY
      }}
      onPointerUp={({ clientY, pointerType }) => {
        if (pointerType !== 'mouse') setPointed(Math.abs(clientY - startY.current) < TAP_PX)
      }}
      onPointerCancel={() => setPointed(false)}
    >
      <p id="chart-sentence" className="sr-only">
        {sentence}
      </p>
      <p
        className="pointer-events-none absolute top-2 left-4 text-xs text-muted-foreground"
        aria-hidden="true"
      >
        {CHART.title}
      </p>
      <fieldset aria-labelledby="chart-sentence" className="chart h-full" translate="no">
        {frame && wanted && width > 0 ? (
          <Boundary fallback={placeholder}>
            <Chart
              frame={frame}
              recoveries={recoveries}
              current={current}
              plot={plot}
              names={names}
              showsTip={pointed || focused}
            />
          </Boundary>
        ) : (
          placeholder
        )}
      </fieldset>
    </div>
  )
}

/**
 * Returns whether to load and mount the chart: after the first pong, when the page is idle. Loading it earlier would delay
 * the claim. Mounting it blocks a phone for a third of a second. So a narrow window waits until the first seconds have
 * passed, or for a tap.
 */
function useWanted(answered: boolean, soon: boolean): boolean {
  const [wanted, setWanted] = useState(false)
  const wide = useWide()
  useEffect(() => {
    if (wanted || !answered) return
    const want = () => startTransition(() => setWanted(true))
    const timer = setTimeout(() => whenIdle(want), wide || soon ? 0 : FIRST_SECONDS_MS)
    return () => clearTimeout(timer)
  }, [wanted, answered, soon, wide])
  return wanted
}

/** Calls `dismiss` when a pointer goes down outside of the box, while `active`. */
function useTapOutside(
  box: React.RefObject<HTMLDivElement | null>,
  active: boolean,
  dismiss: () => void,
): void {
  const onOutside = useEffectEvent(dismiss)
  useEffect(() => {
    if (!active) return
    const onDown = ({ target }: PointerEvent) => {
      if (!(target instanceof Node && box.current?.contains(target))) onOutside()
    }
    document.addEventListener('pointerdown', onDown)
    return () => document.removeEventListener('pointerdown', onDown)
  }, [box, active])
}

/**
 * Returns the current outage, as the same object while the outage lasts. The steps of a recovery must not redraw the chart,
 * because each drawing would delay the recovery.
 */
function useCurrentOutage({ phase }: Visit): CurrentOutage | undefined {
  const outage = 'outage' in phase ? phase.outage : undefined
  const atMs = outage?.atMs
  const alias = outage?.of.pod.alias
  const byClick = outage?.cause === 'click'
  return useMemo(
    () => (atMs === undefined || alias === undefined ? undefined : { atMs, alias, byClick }),
    [atMs, alias, byClick],
  )
}

/** Returns the names of the visit's pods by epoch. Deferred, and the same map until a pod is added. */
function useNames({ phase, recoveries }: Visit): ReadonlyMap<number, string> {
  const epoch = epochOf(phase)
  const alias = podOf(phase)?.alias
  const names = useMemo(
    () =>
      new Map([
        ...recoveries.flatMap(({ outage, to }): [number, string][] => [
          [outage.of.epoch, outage.of.pod.alias],
          [to.epoch, to.pod.alias],
        ]),
        ...(alias === undefined ? [] : [[epoch, alias] as const]),
      ]),
    [epoch, alias, recoveries],
  )
  return useDeferredValue(names)
}

/** Returns the size of an element in whole px; 0 before its first layout. */
function useSize(box: React.RefObject<HTMLDivElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    if (!box.current) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry)
        setSize({ width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) })
    })
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [box])
  return size
}
