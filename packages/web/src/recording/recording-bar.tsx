import { type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Button } from '@/components/ui/button'
import { CopyByHand } from '@/components/ui/copy-by-hand'
import { capture } from '../analytics/capture.ts'
import { RECORDING } from '../copy/recording.ts'
import { copyText } from '../lib/copy-text.ts'
import { Simulated } from '../lib/simulated.ts'
import type { Probe } from '../probe/probe.ts'
import type { Frame } from '../probe/protocol.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import type { VisitStore } from '../visit/visit.ts'
import { chartSvg } from './chart-svg.ts'
import { downloadSamples } from './download.ts'
import { type Recording, recordingOf } from './recording.ts'
import { recordingText, recordingTitle } from './recording-text.ts'
import { linkOf } from './share-link.ts'

interface Props {
  readonly visit: VisitStore
  readonly probe: Probe
}

/** The chart is recorded until this long after the kill, which is then in the last third of the minute. */
const TAKEN_UNTIL_MS = 20_000

/** Shares and exports the newest recovery. The browser makes all of it; nothing is sent to a server. */
export default function RecordingBar({ visit, probe }: Props) {
  const simulated = useContext(Simulated)
  const recovery = useSyncExternalStore(visit.subscribe, () => visit.snapshot().recoveries[0])
  const frameOf = usePicture(probe, recovery)
  const [message, setMessage] = useState<ReactNode>()
  const frame = frameOf()
  if (!recovery || !frame) return null

  const recording = (): Recording => recordingOf(recovery, frameOf() ?? frame, simulated)
  const copy = async (text: string, done: string) => {
    setMessage((await copyText(text)) ? done : <CopyByHand text={text} />)
  }
  const share = async () => {
    const link = linkTo(recording())
    if (!simulated) capture('run_shared', {})
    await copy(link, RECORDING.linkCopied(link.length))
  }
  const download = async () => {
    setMessage(await downloadSamples(visit, probe, simulated))
  }
  const copySvg = async () => {
    const svg = chartSvg(`${simulated ? `${RECORDING.simulated}: ` : ''}${recordingTitle(recording())}`)
    if (svg) await copy(svg, RECORDING.svgCopied)
    else setMessage(RECORDING.svgMissing)
  }
  return (
    <>
      <fieldset aria-label={RECORDING.title} className="flex flex-wrap gap-2 print:hidden">
        <Button size="small" onClick={() => void share()}>
          {RECORDING.share}
        </Button>
        <Button
          variant="outline"
          size="small"
          onClick={() => void copy(recordingText(recording(), linkTo(recording())), RECORDING.textCopied)}
        >
          {RECORDING.text}
        </Button>
        <Button variant="outline" size="small" onClick={() => void copySvg()}>
          {RECORDING.svg}
        </Button>
        <Button variant="outline" size="small" onClick={() => void download()}>
          {RECORDING.json}
        </Button>
      </fieldset>
      <div role="status" className="basis-full text-sm text-muted-foreground lg:text-right print:hidden">
        {message ?? RECORDING.noServer}
      </div>
    </>
  )
}

/** Returns the chart's minute around the newest kill: the latest frame until {@link TAKEN_UNTIL_MS} after the kill. */
function usePicture(probe: Probe, recovery: Recovery | undefined): () => Frame | undefined {
  const taken = useRef<{ recovery: Recovery['outage']; frame: Frame }>(undefined)
  useEffect(() => {
    if (!recovery) return
    const take = () => {
      const frame = probe.snapshot()
      if (!frame) return
      const isNew = taken.current?.recovery !== recovery.outage
      if (isNew || frame.atMs - recovery.outage.atMs <= TAKEN_UNTIL_MS)
        taken.current = { recovery: recovery.outage, frame }
    }
    take()
    return probe.subscribe(take)
  }, [probe, recovery])
  return () =>
    (taken.current?.recovery === recovery?.outage ? taken.current?.frame : undefined) ?? probe.snapshot()
}

function linkTo(recording: Recording): string {
  return `${location.origin}${location.pathname}#${linkOf(recording)}`
}
