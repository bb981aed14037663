import { StrictMode, useEffect, useMemo, useState } from 'react'
import { Button } from '@/components/ui/button'
import { ChartFrame } from '../chart/chart-frame.tsx'
import { RECEIPT } from '../copy/chapters.ts'
import { LEGS } from '../copy/first-paint.ts'
import { PLAYBACK, RECORDING, UNREADABLE } from '../copy/recording.ts'
import { StatTiles } from '../instrument/stat-tiles.tsx'
import { BLANK, duration } from '../lib/format.ts'
import type { MountPoints } from '../lib/mount-points.ts'
import { Simulated } from '../lib/simulated.ts'
import { useTheme } from '../lib/use-theme.ts'
import { printLegs } from '../visit/legs-text.ts'
import { endOf, frameAt, visitOf } from './playback.ts'
import { type Recording, totalOf } from './recording.ts'
import { recordingDate, recordingTitle } from './recording-text.ts'
import { openLink } from './share-link.ts'

/** Plays the recording of the page's address, or shows why it cannot. @param open starts a normal visit. */
export function openRecording({ root }: MountPoints, open: () => void): void {
  const opened = openLink(location.hash.slice(1))
  const { title } = document
  if (opened.is === 'recording') document.title = PLAYBACK.titleOfPage(opened.recording.simulated, title)
  const start = () => {
    document.title = title
    history.replaceState(null, '', location.pathname + location.search)
    open()
  }
  root.render(
    <StrictMode key="replay">
      {opened.is === 'recording' ? (
        <Playback recording={opened.recording} onStart={start} />
      ) : (
        <Unreadable why={opened.why} onStart={start} />
      )}
    </StrictMode>,
  )
}

function Unreadable({ why, onStart }: { why: keyof typeof UNREADABLE; onStart: () => void }) {
  useTheme()
  return (
    <>
      <h2 className="headline">{UNREADABLE[why]}</h2>
      <Button className="mt-6" onClick={onStart}>
        {PLAYBACK.get}
      </Button>
    </>
  )
}

function Playback({ recording, onStart }: { recording: Recording; onStart: () => void }) {
  // The page follows the system's theme, although the theme switch is not shown here.
  useTheme()
  const { atMs, end, play, skip } = usePlayback(recording)
  const frame = useMemo(() => frameAt(recording, atMs), [recording, atMs])
  const visit = useMemo(() => visitOf(recording), [recording])
  return (
    <Simulated value={recording.simulated}>
      <aside
        aria-label={PLAYBACK.banner(recordingDate(recording.clickedMs))}
        className="mt-3 flex flex-wrap items-center gap-x-6 gap-y-2 border bg-card px-4 py-3"
      >
        <p className="min-w-0 flex-1 basis-80 text-sm text-muted-foreground">
          <strong className="text-foreground">{PLAYBACK.banner(recordingDate(recording.clickedMs))}</strong>
          <span>{` ${recording.simulated ? PLAYBACK.whatSimulated : PLAYBACK.what}`}</span>
        </p>
        <Button onClick={onStart}>{PLAYBACK.get}</Button>
      </aside>
      <h2 className="headline">
        {`${recording.simulated ? `(${RECORDING.simulated}) ` : ''}${recordingTitle(recording)}.`}
      </h2>
      <section aria-label={RECORDING.title} className="mt-6 border border-rule bg-card">
        <StatTiles statistics={frame.statistics} silent={false} />
        <ChartFrame frame={frame} visit={visit} onFocusChange={() => {}} atOnce />
        <div className="flex flex-wrap gap-2 border-t px-4 py-3">
          <Button variant="outline" onClick={atMs < end ? skip : play}>
            {atMs < end ? PLAYBACK.skip : PLAYBACK.again}
          </Button>
        </div>
      </section>
      <RecordedReceipt recording={recording} />
    </Simulated>
  )
}

function RecordedReceipt({ recording }: { recording: Recording }) {
  const facts = [
    [RECEIPT.recovery[recording.cause], duration(totalOf(recording))],
    [RECEIPT.down, recording.downMs === undefined ? BLANK : duration(recording.downMs)],
    [RECEIPT.lost, String(recording.lost)],
    ...printLegs(recording.legs).map(({ name, text }) => [LEGS[name], text]),
  ]
  return (
    <section aria-labelledby="recorded" className="pt-10 pb-12">
      <h3 id="recorded" className="eyebrow">
        {PLAYBACK.legs + (recording.simulated ? ` · ${RECORDING.simulated}` : '')}
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
        {[
          recording.healMs !== undefined &&
            (recording.recover === 'heal' ? PLAYBACK.healed : PLAYBACK.heal)(recording.healMs),
          recording.poolRecoveredMs !== undefined && PLAYBACK.poolRecovered(recording.poolRecoveredMs),
        ]
          .filter(Boolean)
          .join(' ')}
      </p>
    </section>
  )
}

/** Plays in steps of 250 ms, the interval in which frames were drawn. With reduced motion it shows the end at once. */
function usePlayback(recording: Recording): {
  atMs: number
  end: number
  play: () => void
  skip: () => void
} {
  const end = endOf(recording)
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
/** Playback begins this long before the click. */
const BEFORE_MS = -3_000
