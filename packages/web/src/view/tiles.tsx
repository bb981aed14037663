import { lazy, memo, useState } from 'react'
import { cn } from '@/lib/utils'
import { BLANK, millis, percent } from '../format.ts'
import { persistent } from '../lib/persistent.ts'
import type { NumberName, Reading, Statistics } from '../probe/statistics.ts'
import { NUMBERS } from '../sentences.ts'
import { Boundary } from './boundary.tsx'

const Means = lazy(() => persistent(() => import('./means.tsx')))

const SMALL: readonly NumberName[] = ['p50', 'p95', 'p99', 'livedP99', 'jitter', 'unanswered', 'error']

/**
 * The numbers. Each is a button that tells what it means; one that is not known yet says what it waits for.
 * `silent`: no pod answers, so the last round trip is not a present one.
 */
export const Tiles = memo(function Tiles({
  statistics,
  silent,
}: {
  statistics: Statistics | undefined
  silent: boolean
}) {
  const [open, setOpen] = useState<NumberName>()
  const tile = (name: NumberName) => (
    <Tile
      key={name}
      name={name}
      reading={name === 'now' && silent ? undefined : statistics?.[name]}
      meanMs={name === 'now' && !silent ? statistics?.mean.value : undefined}
      open={open === name}
      onToggle={() => setOpen(open === name ? undefined : name)}
    />
  )
  return (
    <div>
      <div className="border-b lg:grid lg:grid-cols-[10.5rem_1fr]">
        <div className="flex border-b lg:border-b-0 lg:border-r">{tile('now')}</div>
        <div className="grid grid-cols-4 lg:grid-cols-7">{SMALL.map(tile)}</div>
      </div>
      <p
        id="number-means"
        className={cn('border-b px-4 py-2.5 text-sm text-muted-foreground', !open && 'hidden')}
      >
        {open && (
          <Boundary fallback={null}>
            <Means name={open} reading={statistics?.[open]} />
          </Boundary>
        )}
      </p>
    </div>
  )
})

interface TileProps {
  readonly name: NumberName
  readonly reading: Reading | undefined
  /** Beside the last round trip: the mean of the last minute. */
  readonly meanMs: number | undefined
  readonly open: boolean
  readonly onToggle: () => void
}

function Tile({ name, reading, meanMs, open, onToggle }: TileProps) {
  const { value, unit } = shown(name, reading)
  const big = name === 'now'
  return (
    <button
      type="button"
      aria-label={[NUMBERS[name].label, value, unit, waitsFor(reading)].filter(Boolean).join(' ')}
      aria-expanded={open}
      aria-controls="number-means"
      onClick={onToggle}
      className={cn(
        'flex min-h-11 w-full justify-between text-left hover:bg-muted',
        big
          ? 'flex-row-reverse items-center px-4 py-2 lg:flex-col lg:items-start lg:py-2.5'
          : 'flex-col px-2 py-2 sm:px-2.5 lg:py-2.5',
        name === 'unanswered' && 'col-span-2 lg:col-span-1',
        open && 'bg-muted',
      )}
    >
      <span className="text-xs whitespace-nowrap sm:text-[0.8125rem] leading-tight text-muted-foreground">
        {NUMBERS[name].label}
        {meanMs !== undefined && ` · mean ${millis(meanMs)}`}
      </span>
      <span
        className={cn(
          'whitespace-nowrap tabular-nums tracking-tight',
          big ? 'text-5xl font-semibold leading-none lg:text-6xl' : 'text-lg leading-tight lg:text-xl',
          big && (reading?.value === undefined ? 'text-muted-foreground' : 'text-pod'),
        )}
      >
        {value}
        {unit && (
          <span
            className={cn(
              'text-muted-foreground',
              big ? 'ml-1.5 text-base font-normal tracking-normal' : 'ml-1 text-xs',
            )}
          >
            {unit}
          </span>
        )}
      </span>
      {!big && <span className="h-4 text-xs tabular-nums text-muted-foreground">{waitsFor(reading)}</span>}
    </button>
  )
}

function shown(name: NumberName, reading: Reading | undefined): { value: string; unit: string } {
  if (reading?.value === undefined) return { value: BLANK, unit: '' }
  if (name === 'unanswered') return { value: percent(reading.value), unit: '' }
  if (reading.value >= 9_999.5) return { value: (reading.value / 1_000).toFixed(1), unit: 's' }
  return { value: millis(reading.value), unit: 'ms' }
}

function waitsFor(reading: Reading | undefined): string {
  return reading && reading.value === undefined ? `${reading.has} of ${reading.needs}` : ''
}
