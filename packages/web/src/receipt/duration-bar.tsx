import { cn } from '@/lib/utils'
import { type ClockLeg, placed } from './clocks-model.ts'

/** How a leg looks: hatched is waiting, dark is work, the pod's colour is the pod. */
export const LEG_FILL: Record<ClockLeg['name'], string> = {
  told: 'leg-hatched',
  asked: 'bg-foreground/25',
  healed: 'leg-idle',
  backoff: 'leg-idle',
  start: 'bg-foreground/45',
  scheduled: 'bg-foreground/25',
  network: 'bg-foreground/35',
  started: 'bg-foreground/45',
  ready: 'bg-foreground/55',
  claimed: 'bg-foreground',
  connected: 'bg-foreground/60',
  pong: 'bg-pod',
}

interface Props {
  readonly legs: readonly ClockLeg[]
  /** What the whole width stands for, ms. */
  readonly spanMs: number
  readonly tall?: boolean
}

/** Legs to scale, one after the other. The list of the same legs beside it is for those who cannot see it. */
export function Strip({ legs, spanMs, tall = false }: Props) {
  return (
    <div
      className={cn(
        'relative overflow-hidden bg-muted forced-color-adjust-none print-exact',
        tall ? 'h-9' : 'h-4',
      )}
      aria-hidden="true"
    >
      {placed(legs, spanMs).map(({ leg, from, width }) => (
        <div
          key={leg.name}
          className={cn('absolute inset-y-0', LEG_FILL[leg.name])}
          style={place(from, width)}
        />
      ))}
    </div>
  )
}

/** Left edge and width in shares of 1; nothing that happened is narrower than a hairline. */
function place(from: number, width: number): { left: string; width: string } {
  return { left: `min(${from * 100}%, calc(100% - 3px))`, width: `max(${width * 100}%, 3px)` }
}

/** The square that stands for a leg in a list. */
export function Swatch({ name }: { name: ClockLeg['name'] }) {
  return (
    <span
      aria-hidden="true"
      className={cn('inline-block size-3 shrink-0 forced-color-adjust-none print-exact', LEG_FILL[name])}
    />
  )
}
