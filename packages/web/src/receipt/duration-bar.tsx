import { cn } from '@/lib/utils'
import { segmentsOf, type TimelineLeg } from './timelines.ts'

/** The fill of each leg: hatched for waiting, dark for work, the pod's colour for the pod. */
const LEG_FILL: Record<TimelineLeg['name'], string> = {
  told: 'leg-hatched',
  asked: 'bg-foreground/25',
  healed: 'leg-idle',
  backoff: 'leg-idle',
  start: 'bg-foreground/45',
  scheduled: 'bg-foreground/25',
  network: 'bg-foreground/35',
  started: 'bg-foreground/45',
  ready: 'bg-foreground/55',
  routed: 'bg-foreground/70',
  claimed: 'bg-foreground',
  connected: 'bg-foreground/60',
  pong: 'bg-pod',
}

interface Props {
  readonly legs: readonly TimelineLeg[]
  /** The duration of the whole width, ms. */
  readonly spanMs: number
  readonly tall?: boolean
}

/** Legs to scale, one after the other. Screen readers get the list of the same legs beside it. */
export function DurationBar({ legs, spanMs, tall = false }: Props) {
  return (
    <div
      className={cn(
        'relative overflow-hidden bg-muted forced-color-adjust-none print-exact',
        tall ? 'h-9' : 'h-4',
      )}
      aria-hidden="true"
    >
      {segmentsOf(legs, spanMs).map(({ leg, from, width }) => (
        <div
          key={leg.name}
          className={cn('absolute inset-y-0', LEG_FILL[leg.name])}
          style={place(from, width)}
        />
      ))}
    </div>
  )
}

/** Left edge and width, 0..1. A leg is at least 3 px wide. */
function place(from: number, width: number): { left: string; width: string } {
  return { left: `min(${from * 100}%, calc(100% - 3px))`, width: `max(${width * 100}%, 3px)` }
}

/** The square before a leg in a list. */
export function Swatch({ name }: { name: TimelineLeg['name'] }) {
  return (
    <span
      aria-hidden="true"
      className={cn('inline-block size-3 shrink-0 forced-color-adjust-none print-exact', LEG_FILL[name])}
    />
  )
}
