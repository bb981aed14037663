import type { Pod, PoolSlot } from '@warm-pods/core/contracts.ts'
import { useState } from 'react'
import { BLANK, stopwatch } from '../format.ts'
import { nowMs } from '../lib/clock.ts'
import { POOL, stepNow } from '../sentences.ts'
import { podOf } from '../visit/phase.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Visit } from '../visit/session.ts'
import { Elapsed, Since } from './clocks.tsx'
import { Shape, type ShapeName } from './shape.tsx'
import { useNow } from './use-now.ts'

interface Props {
  readonly reading: PoolReading
  readonly visit: Visit
  readonly skewMs: number
}

const BEFORE_READING = [0, 1, 2, 3]

/** The four slots and, beside them, the pod that is yours. */
export function PoolPanel({ reading, visit, skewMs }: Props) {
  const { pool, silentSinceMs } = reading
  const mine = podOf(visit.phase)
  const warm = pool?.slots.filter(({ state }) => state === 'warm').length
  return (
    <section id="pool" aria-labelledby="pool-title" tabIndex={-1} className="flex flex-col outline-none">
      <div className="flex items-baseline justify-between border-b px-4 py-3">
        <h3 id="pool-title" className="eyebrow">
          Pool
        </h3>
        <span className="text-sm text-muted-foreground tabular-nums">
          {warm ?? BLANK} warm{mine ? ' + yours' : ''}
        </span>
      </div>
      <ul className="flex flex-col">
        {mine && <Mine pod={mine} visit={visit} skewMs={skewMs} />}
        {pool
          ? pool.slots.map((slot) => <Slot key={slot.slot} slot={slot} mine={mine} skewMs={skewMs} />)
          : BEFORE_READING.map((i) => <Row key={i} shape="starting" name={BLANK} word="" />)}
      </ul>
      <div className="mt-auto flex flex-col gap-1.5 px-4 py-3 text-sm text-muted-foreground">
        {pool ? <Summary reading={reading} mine={mine} skewMs={skewMs} /> : <p>{POOL.unread}</p>}
        <Whole visit={visit} />
        {silentSinceMs !== undefined && <Silent sinceMs={silentSinceMs} />}
        {pool && !pool.refill.healthy && pool.refill.problem && (
          <p className="text-kill">The pool is not progressing: {pool.refill.problem}</p>
        )}
      </div>
    </section>
  )
}

function Mine({ pod, visit, skewMs }: { pod: Pod; visit: Visit; skewMs: number }) {
  const { status } = visit.phase
  const dying = status === 'terminating' || status === 'recovering' || status === 'lost'
  const arriving = 'step' in visit.phase && visit.phase.step === 'connecting'
  return (
    <Row
      shape={dying && !arriving ? 'dying' : 'yours'}
      name={pod.alias}
      pod={pod}
      mine
      word={dying && !arriving ? POOL.dying : POOL.yours}
      time={<Since at={pod.startedAt} skewMs={skewMs} as="age" />}
    />
  )
}

function Slot({ slot, mine, skewMs }: { slot: PoolSlot; mine: Pod | undefined; skewMs: number }) {
  const { state, pod, alias, since } = slot
  switch (state) {
    case 'warm':
      return (
        <Row
          shape="warm"
          name={alias ?? pod?.alias ?? BLANK}
          pod={pod}
          word={POOL.warm}
          time={<Since at={pod?.startedAt ?? since} skewMs={skewMs} as="age" />}
        />
      )
    case 'claimed':
      return alias !== undefined && alias === mine?.alias ? (
        <Row shape="starting" name={BLANK} word="yours now, refill next" />
      ) : (
        <Row
          shape="taken"
          name="somebody’s"
          word="in use"
          time={<Since at={since} skewMs={skewMs} as="clock" />}
        />
      )
    case 'starting':
    case 'empty':
      return (
        <Row
          shape="starting"
          name={state === 'starting' ? stepNow(slot.progress) : 'empty'}
          word={slot.problem ?? POOL[state]}
          time={state === 'starting' ? <Since at={since} skewMs={skewMs} as="age" /> : undefined}
        />
      )
    default:
      return state satisfies never
  }
}

interface RowProps {
  readonly shape: ShapeName
  readonly name: string
  readonly word: string
  readonly pod?: Pod | undefined
  readonly mine?: boolean
  readonly time?: React.ReactNode
}

/** One slot. Its real name, node and zone are there on demand: the row unfolds. */
function Row({ shape, name, word, pod, mine = false, time }: RowProps) {
  const [open, setOpen] = useState(false)
  const line = (
    <>
      <Shape name={shape} />
      <span
        className={`min-w-0 flex-1 truncate ${mine ? 'font-semibold text-pod' : pod ? '' : 'text-muted-foreground'}`}
      >
        {name}
      </span>
      <span className="whitespace-nowrap text-sm text-muted-foreground">
        {word}
        {time && <>, {time}</>}
      </span>
    </>
  )
  return (
    <li className="border-b">
      {pod ? (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex min-h-11 w-full items-center gap-3 px-4 py-2 text-left hover:bg-muted"
        >
          {line}
        </button>
      ) : (
        <div className="flex min-h-11 items-center gap-3 px-4 py-2">{line}</div>
      )}
      {open && pod && (
        <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 px-4 pb-3 pl-[2.625rem] text-xs text-muted-foreground [&_dd]:font-mono [&_dd]:text-foreground">
          <dt>pod</dt>
          <dd>{pod.name}</dd>
          <dt>uid</dt>
          <dd>{pod.uid}</dd>
          <dt>node</dt>
          <dd>{pod.node}</dd>
          <dt>zone</dt>
          <dd>{pod.zone}</dd>
        </dl>
      )}
    </li>
  )
}

function Summary({
  reading: { pool },
  mine,
  skewMs,
}: {
  reading: PoolReading
  mine: Pod | undefined
  skewMs: number
}) {
  useNow(500)
  if (!pool) return null
  const warm = pool.slots.filter(({ state }) => state === 'warm').length
  const refilling = pool.slots
    .filter(({ state }) => state === 'starting')
    .map(
      ({ progress, since }) => `${stepNow(progress)}, ${stopwatch(Date.now() + skewMs - Date.parse(since))}`,
    )
  return <p className="tabular-nums">{POOL.summary(pool.target, warm, mine !== undefined, refilling)}</p>
}

/** The clock of the newest fail-over: until four warm pods stand again. */
function Whole({ visit: { kills } }: { visit: Visit }) {
  const kill = kills[0]
  if (!kill || kill.outage.recover === 'heal') return null
  if (kill.wholeMs !== undefined) return <p className="text-foreground">{POOL.wholeAfter(kill.wholeMs)}</p>
  return (
    <p>
      Not whole since your kill, for <Elapsed sinceMs={kill.outage.atMs} className="text-foreground" />
    </p>
  )
}

function Silent({ sinceMs }: { sinceMs: number }) {
  useNow(1_000)
  return <p className="text-kill">{POOL.silent(nowMs() - sinceMs)}</p>
}
