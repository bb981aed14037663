import { StrictMode, useEffect, useMemo, useState } from 'react'
import { Button } from '@/components/ui/button'
import { ChartFrame } from '../chart/chart-frame.tsx'
import { RECEIPT } from '../copy/chapters.ts'
import { LEGS, printLegs } from '../copy/first-paint.ts'
import { REPLAY, RUN, runDate, runTitle, UNREADABLE } from '../copy/recording.ts'
import { Tiles } from '../instrument/stat-tiles.tsx'
import { BLANK, duration } from '../lib/format.ts'
import { Simulated } from '../lib/simulated.ts'
import { useTheme } from '../lib/use-theme.ts'
import type { Places } from '../page.tsx'
import { endOf, frameAt, visitOf } from './playback.ts'
import { type Run, totalOf } from './recording.ts'
import { openLink } from './share-link.ts'

/** Replays the run of the page's address, or says why there is none. @param open what the page does without one. */
export function replay({ root }: Places, open: () => void): void {
  const opened = openLink(location.hash.slice(1))
  const { title } = document
  if (opened.is === 'run') document.title = REPLAY.titleOfPage(opened.run.simulated, title)
  const start = () => {
    document.title = title
    history.replaceState(null, '', location.pathname + location.search)
    open()
  }
  root.render(
    <StrictMode key="replay">
      {opened.is === 'run' ? (
        <Replay run={opened.run} onStart={start} />
      ) : (
        <Sorry why={opened.why} onStart={start} />
      )}
    </StrictMode>,
  )
}

function Sorry({ why, onStart }: { why: keyof typeof UNREADABLE; onStart: () => void }) {
  useTheme()
  return (
    <>
      <h2 className="headline">{UNREADABLE[why]}</h2>
      <p className="under">{RUN.noServer}</p>
      <Button className="mt-6" onClick={onStart}>
        {REPLAY.get}
      </Button>
    </>
  )
}

function Replay({ run, onStart }: { run: Run; onStart: () => void }) {
  // The switch for it is not here, but whoever changes the theme of their system sees it changed.
  useTheme()
  const { atMs, end, play, skip } = useFilm(run)
  const frame = useMemo(() => frameAt(run, atMs), [run, atMs])
  const visit = useMemo(() => visitOf(run), [run])
  return (
    <Simulated value={run.simulated}>
      <aside
        aria-label={REPLAY.banner(runDate(run.clickedMs))}
        className="mt-3 flex flex-wrap items-center gap-x-6 gap-y-2 border bg-card px-4 py-3"
      >
        <p className="min-w-0 flex-1 basis-80 text-sm text-muted-foreground">
          <strong className="text-foreground">{REPLAY.banner(runDate(run.clickedMs))}</strong>{' '}
          {run.simulated ? REPLAY.whatSimulated : REPLAY.what}
        </p>
        <Button onClick={onStart}>{REPLAY.get}</Button>
      </aside>
      <h2 className="headline">
        {run.simulated && `(${RUN.simulated}) `}
        {runTitle(run)}.
      </h2>
      <section aria-label={RUN.title} className="mt-6 border border-rule bg-card">
        <Tiles statistics={frame.statistics} silent={false} />
        <ChartFrame frame={frame} visit={visit} onFocusChange={() => {}} />
        <div className="flex flex-wrap gap-2 border-t px-4 py-3">
          <Button variant="outline" onClick={atMs < end ? skip : play}>
            {atMs < end ? REPLAY.skip : REPLAY.again}
          </Button>
        </div>
      </section>
      <RecordedReceipt run={run} />
    </Simulated>
  )
}

function RecordedReceipt({ run }: { run: Run }) {
  const facts = [
    [RECEIPT.recovery[run.cause], duration(totalOf(run))],
    [RECEIPT.down, run.downMs === undefined ? BLANK : duration(run.downMs)],
    [RECEIPT.lost, String(run.lost)],
    ...printLegs(run.legs).map(({ name, text }) => [LEGS[name], text]),
  ]
  return (
    <section aria-labelledby="recorded" className="pt-10 pb-12">
      <h3 id="recorded" className="eyebrow">
        {REPLAY.legs}
        {run.simulated && ` · ${RUN.simulated}`}
      </h3>
      <dl className="grid gap-x-10 gap-y-3 border-t border-rule pt-4 sm:grid-cols-3 lg:grid-cols-4">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-[0.8125rem] text-muted-foreground">{name}</dt>
            <dd className="text-xl tabular-nums tracking-tight">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="pt-4 text-sm text-muted-foreground">
        {run.healMs !== undefined && (run.recover === 'heal' ? REPLAY.healed : REPLAY.heal)(run.healMs)}{' '}
        {run.wholeMs !== undefined && REPLAY.whole(run.wholeMs)}
      </p>
    </section>
  )
}

/** A quarter of a second each quarter of a second, as the run was drawn; whoever asked for less motion sees its end. */
function useFilm(run: Run): { atMs: number; end: number; play: () => void; skip: () => void } {
  const end = endOf(run)
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  const [atMs, setAt] = useState(calm ? end : BEFORE_MS)
  const running = atMs < end
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => setAt((at) => Math.min(end, at + STEP_MS)), STEP_MS)
    return () => clearInterval(timer)
  }, [running, end])
  return { atMs, end, play: () => setAt(BEFORE_MS), skip: () => setAt(end) }
}

const STEP_MS = 250
/** The replay begins this long before the click. */
const BEFORE_MS = -3_000
