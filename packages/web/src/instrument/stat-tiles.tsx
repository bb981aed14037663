import { lazy, memo, useCallback, useState } from 'react'
import { disclosureTrigger } from '@/components/ui/disclosure'
import { cn } from '@/lib/utils'
import { Boundary } from '../components/error-boundary.tsx'
import { MEAN_BESIDE, NUMBERS } from '../copy/first-paint.ts'
import { BLANK, millis, percent } from '../lib/format.ts'
import { retryImport } from '../lib/retry-import.ts'
import type { NumberName, Reading, Statistics } from '../probe/statistics.ts'

const StatHelp = lazy(() => retryImport(() => import('./stat-help.tsx')))

const SMALL: readonly NumberName[] = ['p50', 'p95', 'p99', 'livedP99', 'jitter', 'unanswered', 'error']

/**
 * The numbers. Each is a button that shows its definition. An unknown number shows how many pings it needs.
 * `silent`: no pod answers, so the last round trip is not current.
 */
export const StatTiles = memo(function StatTiles({
  statistics,
  silent,
}: {
  statistics: Statistics | undefined
  silent: boolean
}) {
  const [open, setOpen] = useState<NumberName>()
  const toggle = useCallback(
    (name: NumberName) => setOpen((before) => (before === name ? undefined : name)),
    [],
  )
  const tile = (name: NumberName) => {
    const reading = name === 'now' && silent ? undefined : statistics?.[name]
    const meanMs = name === 'now' && !silent ? statistics?.mean.value : undefined
    return (
      <Tile
        key={name}
        name={name}
        {...shown(name, reading)}
        progress={progressOf(reading)}
        mean={meanMs === undefined ? undefined : millis(meanMs)}
        open={open === name}
        onToggle={toggle}
      />
    )
  }
  return (
    <div>
      <div className="border-b lg:grid lg:grid-cols-[10.5rem_1fr]">
        <div className="flex border-b lg:border-b-0 lg:border-r">{tile('now')}</div>
        <div className="grid grid-cols-4 lg:grid-cols-7">{SMALL.map(tile)}</div>
      </div>
      <p
        id="stat-help"
        className={cn('border-b px-4 py-2.5 text-sm text-muted-foreground', !open && 'hidden')}
      >
        {open && (
          <Boundary>
            <StatHelp name={open} reading={statistics?.[open]} />
          </Boundary>
        )}
      </p>
    </div>
  )
})

const SMALL_TEXT = 'text-xs whitespace-nowrap sm:text-[0.8125rem] leading-tight text-muted-foreground'

interface TileProps {
  readonly name: NumberName
  readonly value: string
  readonly unit: string
  /** `37 of 100`: how many pings of the needed number have arrived. Empty for a known number. */
  readonly progress: string
  /** The mean of the last minute, shown beside the last round trip, ms. */
  readonly mean: string | undefined
  readonly open: boolean
  readonly onToggle: (name: NumberName) => void
}

/** A number. Its props are the printed texts, so that a frame renders only the tiles whose text has changed. */
const Tile = memo(function Tile({ name, value, unit, progress, mean, open, onToggle }: TileProps) {
  const big = name === 'now'
  return (
    <button
      type="button"
      {...disclosureTrigger(open, 'stat-help', () => onToggle(name))}
      className={cn(
        'min-h-11 w-full text-left hover:bg-muted',
        big
          ? 'grid grid-cols-[1fr_auto_auto] items-center px-4 py-2 lg:grid-cols-[auto_1fr] lg:content-between lg:py-2.5'
          : 'flex flex-col justify-between px-2 py-2 sm:px-2.5 lg:py-2.5',
        name === 'unanswered' && 'col-span-2 lg:col-span-1',
        open && 'bg-muted',
      )}
    >
      <span className={cn(SMALL_TEXT, big && 'row-start-1 max-lg:col-start-2')}>{NUMBERS[name].label}</span>
      <span
        translate="no"
        className={cn(
          'whitespace-nowrap tabular-nums tracking-tight',
          big
            ? 'row-start-1 text-5xl font-semibold leading-none lg:col-span-2 lg:row-start-2 lg:text-6xl'
            : 'text-lg leading-tight lg:text-xl',
          big && (value === BLANK ? 'text-muted-foreground' : 'text-pod'),
        )}
      >
        <span>{value}</span>
        {unit && (
          <span
            className={cn('text-muted-foreground', big ? 'text-base font-normal tracking-normal' : 'text-xs')}
          >{` ${unit}`}</span>
        )}
      </span>
      {/* Last in the document, so that a screen reader reads "Now 46 ms, mean 48". The grid puts it beside the label. */}
      {mean !== undefined && (
        <span className={cn(SMALL_TEXT, 'row-start-1 whitespace-pre')}>{MEAN_BESIDE(mean)}</span>
      )}
      {!big && <span className="h-4 text-xs tabular-nums text-muted-foreground">{progress}</span>}
    </button>
  )
})

function shown(name: NumberName, reading: Reading | undefined): { value: string; unit: string } {
  if (reading?.value === undefined) return { value: BLANK, unit: '' }
  if (name === 'unanswered') return { value: percent(reading.value), unit: '' }
  if (reading.value >= 9_999.5) return { value: (reading.value / 1_000).toFixed(1), unit: 's' }
  return { value: millis(reading.value), unit: 'ms' }
}

function progressOf(reading: Reading | undefined): string {
  return reading && reading.value === undefined ? `${reading.has} of ${reading.needs}` : ''
}
