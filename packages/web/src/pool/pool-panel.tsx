import type { Pod, Pool, PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { lazy } from 'react'
import { cn } from '@/lib/utils'
import { Boundary } from '../components/error-boundary.tsx'
import { POOL } from '../copy/first-paint.ts'
import { Since } from '../instrument/ticking.tsx'
import { BLANK, stopwatch } from '../lib/format.ts'
import { retryImport } from '../lib/retry-import.ts'
import { useNow } from '../lib/use-now.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import { startSteps, stepNow } from '../visit/start-steps.ts'
import { podOf } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { confirmedAgoMs, isDying, isLarge, slotIcon, warmCount, withoutOwnPod } from './pool-model.ts'
import { ROW, SlotRow } from './slot-row.tsx'

interface Props {
  readonly reading: PoolReading
  readonly visit: Visit
  readonly skewMs: number
}

export const loadPoolNotes = () => retryImport(() => import('./pool-notes.tsx'))
const PoolNotes = lazy(loadPoolNotes)
const SlotGrid = lazy(() => retryImport(() => import('./slot-grid.tsx')))

/** Rows shown before the first reading of the pool. */
const UNREAD_SLOTS = Array.from({ length: LIMITS.target }, (_, slot) => slot)

/** The visitor's own pod and, set apart, the slots of the pool. */
export function PoolPanel({ reading, visit, skewMs }: Props) {
  const { askedMs, silentSinceMs } = reading
  const isPast = silentSinceMs !== undefined
  const own = podOf(visit.phase)
  const pool = reading.pool && withoutOwnPod(reading.pool, own)
  const row = (slot: PoolSlot) => (
    <Slot key={slot.slot} slot={slot} own={own} skewMs={skewMs} isPast={isPast} />
  )
  return (
    <section id="pool" aria-labelledby="pool-title" tabIndex={-1} className="outline-none">
      {own && <OwnPod pod={own} visit={visit} skewMs={skewMs} />}
      <div className="flex items-baseline justify-between px-4 pt-2.5 pb-1.5">
        <h3 id="pool-title" className="eyebrow">
          {POOL.title}
        </h3>
        <span className="text-sm text-muted-foreground tabular-nums">
          {POOL.count(pool && !isPast ? warmCount(pool) : undefined, pool?.target)}
        </span>
      </div>
      {pool && isLarge(pool) ? (
        <Boundary>
          <SlotGrid slots={pool.slots} isPast={isPast} row={row} />
        </Boundary>
      ) : (
        <>
          <p className={cn(ROW, 'pb-1 text-xs text-muted-foreground')} aria-hidden="true">
            <span />
            <span>{POOL.columns.name}</span>
            <span>{POOL.columns.status}</span>
            <span className="text-right">{POOL.columns.age}</span>
          </p>
          <ul>
            {pool?.slots.map(row) ??
              UNREAD_SLOTS.map((slot) => <SlotRow key={slot} icon="starting" name={BLANK} word="" />)}
          </ul>
        </>
      )}
      <div className="flex min-h-10 flex-col gap-1 border-t px-4 py-2 text-sm text-muted-foreground">
        {pool ? !isPast && <Summary pool={pool} skewMs={skewMs} askedMs={askedMs} /> : <p>{POOL.unread}</p>}
        {(isPast || pool?.sizing || pool?.refill.healthy === false || visit.recoveries.length > 0) && (
          <Boundary fallback={<p className="text-kill">{isPast && POOL.past}</p>}>
            <PoolNotes reading={reading} visit={visit} />
          </Boundary>
        )}
      </div>
    </section>
  )
}

function OwnPod({ pod, visit, skewMs }: { pod: Pod; visit: Visit; skewMs: number }) {
  const dying = isDying(visit.phase)
  return (
    <ul aria-label={POOL.own} className="border-b border-rule bg-muted">
      <SlotRow
        icon={dying ? 'dying' : 'yours'}
        name={pod.alias}
        pod={pod}
        own
        word={dying ? POOL.dying : POOL.yours}
        time={<Since at={pod.startedAt} skewMs={skewMs} as="age" />}
      />
    </ul>
  )
}

interface SlotProps {
  readonly slot: PoolSlot
  readonly own: Pod | undefined
  readonly skewMs: number
  /** True while the API does not answer, so that the slot is shown as it was. */
  readonly isPast: boolean
}

function Slot({ slot, own, skewMs, isPast }: SlotProps) {
  const { state, pod, alias, since } = slot
  const shown = (word: string) => (isPast ? `${POOL.was} ${word}` : word)
  const timeSince = (at: string, as: 'age' | 'minutes') =>
    isPast ? undefined : <Since at={at} skewMs={skewMs} as={as} />
  switch (state) {
    case 'warm':
    case 'unconfirmed': {
      const isWarm = state === 'warm'
      return (
        <SlotRow
          icon={slotIcon(slot, isPast)}
          isReady={isWarm}
          name={alias ?? pod?.alias ?? BLANK}
          pod={pod}
          word={shown(POOL[state])}
          time={isWarm ? timeSince(pod?.startedAt ?? since, 'age') : undefined}
        />
      )
    }
    case 'claimed':
      return alias !== undefined && alias === own?.alias ? (
        <SlotRow icon="starting" name={BLANK} word={POOL.yoursNow} />
      ) : (
        <SlotRow icon="taken" name={POOL.taken} word={shown(POOL.inUse)} time={timeSince(since, 'minutes')} />
      )
    case 'starting':
    case 'empty':
      return (
        <SlotRow
          icon="starting"
          name={state === 'starting' ? stepNow(startSteps(slot)) : POOL.empty}
          word={shown(POOL[state])}
          note={slot.problem}
          time={state === 'starting' ? timeSince(since, 'age') : undefined}
        />
      )
    default:
      // A newer API may report a state that this page does not know.
      return <SlotRow icon="starting" name={BLANK} word={shown(state satisfies never)} />
  }
}

interface SummaryProps {
  readonly pool: Pool
  readonly skewMs: number
  /** When the page asked for this pool, {@link nowMs}. */
  readonly askedMs: number
}

/** The slots that are starting, and when refill last compared the pool with Kubernetes. */
function Summary({ pool, skewMs, askedMs }: SummaryProps) {
  const now = useNow(500)
  const refilling = pool.slots
    .filter(({ state }) => state === 'starting')
    .map((slot) => `${stepNow(startSteps(slot))}, ${stopwatch(Date.now() + skewMs - Date.parse(slot.since))}`)
  const agoMs = confirmedAgoMs(pool, askedMs, now)
  const parts = [
    ...(refilling[0] === undefined ? [] : [POOL.refilling(refilling.length, refilling[0])]),
    ...(agoMs === undefined ? [] : [POOL.confirmed(agoMs)]),
  ]
  return <p className="tabular-nums first-letter:uppercase">{parts.join(' · ')}</p>
}
