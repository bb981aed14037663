import { type KeyboardEvent, lazy, memo, useCallback, useEffect, useState } from 'react'
import { Tooltip } from '@/components/ui/tooltip'
import { cn } from '@/lib/utils'
import { Boundary } from '../components/error-boundary.tsx'
import { NUMBERS, TILES } from '../copy/first-paint.ts'
import { BLANK, inMillis, millis, percent } from '../lib/format.ts'
import { retryImport } from '../lib/retry-import.ts'
import type { NumberName, Reading, Statistics } from '../probe/statistics.ts'

const StatHelp = lazy(() => retryImport(() => import('./stat-help.tsx')))

const KEY: readonly NumberName[] = ['now', 'p50', 'p95', 'unanswered']
const FURTHER: readonly NumberName[] = ['mean', 'p99', 'livedP99', 'jitter', 'error']
/** The button that shows the further numbers, in the order of the tiles. */
const MORE = 'more'

interface Props {
  readonly statistics: Statistics | undefined
  /** No pod answers, so the last round trip is not current. */
  readonly silent: boolean
}

/**
 * The numbers: four large, the others on demand. Each is a button that explains itself on hover, focus and press. All of them
 * are one stop of the Tab key, and the arrow keys move between them (WAI-ARIA, "Toolbar Pattern").
 */
export const StatTiles = memo(function StatTiles({ statistics, silent }: Props) {
  const [unfolded, setUnfolded] = useState(false)
  const [stop, setStop] = useState<string>(KEY[0] ?? MORE)
  const [open, setOpen] = useState<NumberName>()
  const toggle = useCallback(
    (name: NumberName) => setOpen((before) => (before === name ? undefined : name)),
    [],
  )
  const close = useCallback(() => setOpen(undefined), [])
  useEffect(() => {
    if (!open) return
    // Safari on a phone gives a pressed button no focus, so no blur closes it.
    const onDown = ({ target }: PointerEvent) => {
      if (!(target instanceof Element && target.closest('[role=toolbar]'))) close()
    }
    document.addEventListener('pointerdown', onDown)
    return () => document.removeEventListener('pointerdown', onDown)
  }, [open, close])
  const tile = (name: NumberName) => {
    const reading = name === 'now' && silent ? undefined : statistics?.[name]
    return (
      <Tile
        key={name}
        name={name}
        {...shown(name, reading)}
        progress={progressOf(reading)}
        isStop={stop === name}
        open={open === name}
        onOpen={setOpen}
        onToggle={toggle}
        onClose={close}
      />
    )
  }
  return (
    <div
      role="toolbar"
      aria-label={TILES.title}
      className="relative border-b"
      onFocus={({ target }) => setStop(target.dataset.stop ?? MORE)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close()
        else moveFocus(event)
      }}
    >
      <div className="grid grid-cols-2 min-[22rem]:grid-cols-[1.4fr_1fr_1fr_1.2fr] lg:grid-cols-[1.3fr_1fr_1fr_1fr_auto]">
        {KEY.map(tile)}
        <button
          type="button"
          data-stop={MORE}
          tabIndex={stop === MORE ? 0 : -1}
          aria-expanded={unfolded}
          aria-controls="further-numbers"
          onClick={() => setUnfolded(!unfolded)}
          className="col-span-full min-h-11 px-2 text-left text-sm text-muted-foreground underline decoration-border underline-offset-4 hover:text-foreground max-lg:border-t sm:px-4 lg:col-span-1"
        >
          {unfolded ? TILES.fewer : TILES.more(FURTHER.length)}
        </button>
      </div>
      <div
        id="further-numbers"
        className={cn('grid-cols-3 border-t sm:grid-cols-5', unfolded ? 'grid' : 'hidden')}
      >
        {unfolded && FURTHER.map(tile)}
      </div>
      <Tooltip id="stat-help" open={open !== undefined}>
        {open && (
          <Boundary>
            <StatHelp name={open} reading={statistics?.[open]} />
          </Boundary>
        )}
      </Tooltip>
    </div>
  )
})

/** Moves the focus between the tiles with the arrow keys, Home and End. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-stop]')]
  const at = stops.indexOf(document.activeElement as HTMLElement)
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: stops.length - 1 }[event.key]
  const stop = to === undefined ? undefined : stops[(to + stops.length) % stops.length]
  if (!stop) return
  event.preventDefault()
  stop.focus()
}

interface TileProps {
  readonly name: NumberName
  readonly value: string
  readonly unit: string
  /** `37 of 100`: how many pings of the needed number have arrived. Empty for a known number. */
  readonly progress: string
  /** Whether the Tab key stops here. */
  readonly isStop: boolean
  readonly open: boolean
  readonly onOpen: (name: NumberName) => void
  readonly onToggle: (name: NumberName) => void
  readonly onClose: () => void
}

/** A number. Its props are the printed texts, so that a frame renders only the tiles whose text has changed. */
const Tile = memo(function Tile({
  name,
  value,
  unit,
  progress,
  isStop,
  open,
  onOpen,
  onToggle,
  onClose,
}: TileProps) {
  const now = name === 'now'
  const isKey = KEY.includes(name)
  return (
    <button
      type="button"
      data-stop={name}
      tabIndex={isStop ? 0 : -1}
      aria-describedby={open ? 'stat-help' : undefined}
      // The pointer of a mouse has opened it already.
      onClick={({ nativeEvent }) =>
        'pointerType' in nativeEvent && nativeEvent.pointerType === 'mouse' ? onOpen(name) : onToggle(name)
      }
      onFocus={({ target }) => target.matches(':focus-visible') && onOpen(name)}
      onBlur={onClose}
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && onOpen(name)}
      onPointerLeave={({ pointerType }) => pointerType === 'mouse' && onClose()}
      className={cn(
        'flex min-h-11 w-full flex-col justify-between px-2 py-1.5 text-left hover:bg-muted sm:px-4 lg:py-2',
        open && 'bg-muted',
      )}
    >
      <span className="text-xs leading-tight whitespace-nowrap text-muted-foreground sm:text-[0.8125rem]">
        {NUMBERS[name].label}
      </span>
      <span
        translate="no"
        className={cn(
          'whitespace-nowrap tabular-nums tracking-tight',
          now
            ? 'text-4xl font-semibold leading-none lg:text-5xl'
            : isKey
              ? 'text-xl leading-none sm:text-2xl lg:text-4xl'
              : 'text-lg leading-tight lg:text-xl',
          value === BLANK ? 'text-muted-foreground' : now && 'text-pod',
        )}
      >
        <span>{value}</span>
        {unit && (
          <span
            className={cn('font-normal tracking-normal text-muted-foreground', isKey ? 'text-sm' : 'text-xs')}
          >
            {` ${unit}`}
          </span>
        )}
      </span>
      <span className="h-4 text-xs tabular-nums text-muted-foreground">{progress}</span>
    </button>
  )
})

function shown(name: NumberName, reading: Reading | undefined): { value: string; unit: string } {
  if (reading?.value === undefined) return { value: BLANK, unit: '' }
  if (name === 'unanswered') return { value: percent(reading.value), unit: '' }
  if (inMillis(reading.value)) return { value: millis(reading.value), unit: 'ms' }
  return { value: (reading.value / 1_000).toFixed(2), unit: 's' }
}

function progressOf(reading: Reading | undefined): string {
  return reading && reading.value === undefined ? `${reading.has} of ${reading.needs}` : ''
}
