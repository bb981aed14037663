import type { Pod, Pool, PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { POOL } from '../copy/first-paint.ts'
import { Elapsed, Since } from '../instrument/ticking.tsx'
import { nowMs } from '../lib/clock.ts'
import { BLANK, stopwatch } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import { startSteps, stepNow } from '../visit/start-steps.ts'
import { podOf } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { confirmedAgoMs, withoutOwnPod } from './pool-model.ts'
import { SlotRow } from './slot-row.tsx'

interface Props {
  readonly reading: PoolReading
  readonly visit: Visit
  readonly skewMs: number
}

/** Rows shown before the first reading of the pool. */
const UNREAD_SLOTS = Array.from({ length: LIMITS.target }, (_, slot) => slot)

/** The visitor's own pod and the slots of the pool. */
export function PoolPanel({ reading, visit, skewMs }: Props) {
  const { askedMs, silentSinceMs } = reading
  const isPast = silentSinceMs !== undefined
  const own = podOf(visit.phase)
  const pool = reading.pool && withoutOwnPod(reading.pool, own)
  const warm = pool?.slots.filter(({ state }) => state === 'warm').length
  return (
    <section
      id="pool"
      aria-labelledby="pool-title"
      tabIndex={-1}
      className="flex h-full flex-col outline-none"
    >
      <div className="flex items-baseline justify-between border-b px-4 py-3">
        <h3 id="pool-title" className="eyebrow">
          {POOL.title}
        </h3>
        <span className="text-sm text-muted-foreground tabular-nums">
          {POOL.count(isPast ? undefined : warm, own !== undefined)}
        </span>
      </div>
      <ul>
        {own && <OwnPod pod={own} visit={visit} skewMs={skewMs} />}
        {pool
          ? pool.slots.map((slot) => (
              <Slot key={slot.slot} slot={slot} own={own} skewMs={skewMs} isPast={isPast} />
            ))
          : UNREAD_SLOTS.map((slot) => <SlotRow key={slot} icon="starting" name={BLANK} word="" />)}
      </ul>
      <div className="mt-auto flex flex-col gap-1 px-4 py-2.5 text-sm text-muted-foreground">
        {pool ? (
          !isPast && <Summary pool={pool} own={own} skewMs={skewMs} askedMs={askedMs} />
        ) : (
          <p>{POOL.unread}</p>
        )}
        <PoolRecovered visit={visit} />
        {isPast && <PoolUnread sinceMs={silentSinceMs} poolMs={pool && askedMs} />}
        {pool && !isPast && !pool.refill.healthy && pool.refill.problem && (
          <p className="text-kill">{POOL.stuck(pool.refill.problem)}</p>
        )}
      </div>
    </section>
  )
}

function OwnPod({ pod, visit, skewMs }: { pod: Pod; visit: Visit; skewMs: number }) {
  const { status } = visit.phase
  const dying = status === 'terminating' || status === 'recovering' || status === 'lost'
  const arriving = 'step' in visit.phase && visit.phase.step === 'connecting'
  return (
    <SlotRow
      icon={dying && !arriving ? 'dying' : 'yours'}
      name={pod.alias}
      pod={pod}
      own
      word={dying && !arriving ? POOL.dying : POOL.yours}
      time={<Since at={pod.startedAt} skewMs={skewMs} as="age" />}
    />
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
          icon={isWarm && !isPast ? 'warm' : 'starting'}
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
  readonly own: Pod | undefined
  readonly skewMs: number
  /** When the page asked for this pool, {@link nowMs}. */
  readonly askedMs: number
}

function Summary({ pool, own, skewMs, askedMs }: SummaryProps) {
  const now = useNow(500)
  const warm = pool.slots.filter(({ state }) => state === 'warm').length
  const refilling = pool.slots
    .filter(({ state }) => state === 'starting')
    .map((slot) => `${stepNow(startSteps(slot))}, ${stopwatch(Date.now() + skewMs - Date.parse(slot.since))}`)
  const agoMs = confirmedAgoMs(pool, askedMs, now)
  const others = [
    ...(refilling[0] === undefined ? [] : [POOL.refilling(refilling.length, refilling[0])]),
    ...(agoMs === undefined ? [] : [POOL.confirmed(agoMs)]),
  ]
  return <p className="tabular-nums">{POOL.summary(pool.target, warm, own !== undefined, others)}</p>
}

/** How long the pool has been incomplete since the newest fail-over, or how long it was. */
function PoolRecovered({ visit: { recoveries } }: { visit: Visit }) {
  const recovery = recoveries[0]
  if (!recovery || recovery.outage.recover === 'heal') return null
  if (recovery.poolRecoveredMs !== undefined)
    return <p className="text-foreground">{POOL.recoveredAfter(recovery.poolRecoveredMs)}</p>
  return (
    <p>
      <span>{`${POOL.notRecovered} `}</span>
      <Elapsed sinceMs={recovery.outage.atMs} className="text-foreground" />
    </p>
  )
}

/** @param poolMs when the page asked for the pool that it shows, {@link nowMs}. */
function PoolUnread({ sinceMs, poolMs }: { sinceMs: number; poolMs: number | undefined }) {
  useNow(1_000)
  const now = nowMs()
  return (
    <p className="text-kill">
      {POOL.silent(now - sinceMs) + (poolMs === undefined ? '' : POOL.past(now - poolMs))}
    </p>
  )
}
