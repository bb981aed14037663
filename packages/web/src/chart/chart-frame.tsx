import { lazy, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { CHART } from '../copy/first-paint.ts'
import { Boundary } from '../lib/error-boundary.tsx'
import { whenIdle } from '../lib/idle.ts'
import { retryImport } from '../lib/retry-import.ts'
import type { Frame } from '../probe/protocol.ts'
import type { Visit } from '../visit/state/reducer.ts'
import { createAxis } from './axis.ts'
import { type Dying, pictureOf } from './chart-model.ts'
import { chartSummary } from './chart-text.ts'
import { Sketch } from './static-chart.tsx'

const Chart = lazy(() => retryImport(() => import('./chart.tsx')))
/** After the first picture, ms: by then a visitor has read what they hold, and a phone has caught its breath. */
const CALM_MS = 10_000

interface Props {
  readonly frame: Frame | undefined
  readonly visit: Visit
  readonly onFocusChange: (focused: boolean) => void
}

/** The place of the chart: its size, its window, its sentence for screen readers, and what stands there before it. */
export function ChartFrame({ frame, visit, onFocusChange }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const place = useRef<HTMLFieldSetElement>(null)
  const { width, height } = useSize(box)
  const [axis] = useState(createAxis)
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
  const focus = (focused: boolean) => {
    setFocused(focused)
    onFocusChange(focused)
  }
  const seconds = width > 0 && width < 560 ? 30 : 60
  // Deferred: these come with the click and with the first pong, when something more urgent has to be done.
  const dying = useDeferredValue(useDying(visit))
  const recoveries = useDeferredValue(visit.recoveries)
  const picture = useMemo(
    () => frame && pictureOf(frame, recoveries, dying, seconds),
    [frame, recoveries, dying, seconds],
  )
  const top = useMemo(() => (frame ? axis.next(frame.statistics.maxMs ?? 0, frame.atMs) : 0), [axis, frame])
  const gaps = picture?.gaps.map(({ ms }) => ms) ?? []
  const sentence = frame ? chartSummary(frame.statistics.p50, frame.statistics.p95, gaps) : CHART.unmeasured
  const plot = useMemo(() => ({ width, height, seconds, top }), [width, height, seconds, top])
  const attended = pointed || focused
  const wanted = useWanted(attended, picture !== undefined)
  const [answering, setAnswering] = useState(false)
  // From now on the chart itself can have the focus: it takes over what its place was given.
  const onReady = useCallback(() => {
    if (document.activeElement === place.current)
      place.current?.querySelector<SVGElement>('svg[tabindex]')?.focus()
    setAnswering(true)
  }, [])
  const sketch = picture && <Sketch picture={picture} plot={plot} />
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears of the attention that its chart gets and loses
    <div
      ref={box}
      className="relative h-56 touch-pan-y overflow-hidden sm:h-72 lg:h-80"
      // A moving chart cannot be walked point by point: keyboard focus makes it stand still.
      onFocus={(event) => event.target.matches(':focus-visible') && focus(true)}
      onBlur={() => focus(false)}
      onMouseEnter={() => setPointed(true)}
      onMouseLeave={() => setPointed(false)}
      // A tap. The browser takes a finger back that scrolls the page past the chart: it asks for nothing.
      onPointerUp={() => setPointed(true)}
      onPointerCancel={() => setPointed(false)}
    >
      <p id="chart-sentence" className="sr-only">
        {sentence}
      </p>
      <fieldset
        ref={place}
        aria-labelledby="chart-sentence"
        className="chart h-full"
        // Its points can be walked, once somebody asks.
        tabIndex={picture && !answering ? 0 : undefined}
      >
        {picture && width > 0 ? (
          <Boundary fallback={sketch}>
            {wanted ? <Chart picture={picture} plot={plot} attended={attended} onReady={onReady} /> : sketch}
          </Boundary>
        ) : (
          <p className="flex h-full items-center justify-center px-6 text-center text-sm text-muted-foreground">
            {CHART.empty}
          </p>
        )}
      </fieldset>
    </div>
  )
}

/**
 * Whether the chart is wanted that answers to pointer and keys: somebody attends to it, or nothing else is going on. It
 * looks like its sketch, and mounting it would hold up the first seconds on a phone.
 */
function useWanted(attended: boolean, isDrawn: boolean): boolean {
  const [wanted, setWanted] = useState(false)
  useEffect(() => {
    if (wanted || !isDrawn) return
    if (attended) return setWanted(true)
    const timer = setTimeout(() => whenIdle(() => setWanted(true)), CALM_MS)
    return () => clearTimeout(timer)
  }, [wanted, attended, isDrawn])
  return wanted
}

/**
 * The outage that goes on; the same object while it is the same outage. The steps of a recovery must not each redraw the
 * chart: they would wait for it, and on a busy machine that waiting was most of the recovery.
 */
function useDying({ phase }: Visit): Dying | undefined {
  const outage = 'outage' in phase ? phase.outage : undefined
  const atMs = outage?.atMs
  const alias = outage?.of.pod.alias
  const byClick = outage?.cause === 'click'
  return useMemo(
    () => (atMs === undefined || alias === undefined ? undefined : { atMs, alias, byClick }),
    [atMs, alias, byClick],
  )
}

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
