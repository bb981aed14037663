import { type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Button } from '@/components/ui/button'
import { capture } from '../analytics/capture.ts'
import { EVENTS } from '../copy/first-paint.ts'
import { RUN, runText, runTitle } from '../copy/recording.ts'
import { Simulated } from '../lib/simulated.ts'
import type { Probe } from '../probe/probe.ts'
import type { Frame } from '../probe/protocol.ts'
import type { Kill } from '../visit/recovery.ts'
import type { VisitStore } from '../visit/visit.ts'
import { saveRun } from './download.ts'
import { type Run, runOf } from './recording.ts'
import { linkOf } from './share-link.ts'
import { chartSvg } from './svg.ts'

interface Props {
  readonly visit: VisitStore
  readonly probe: Probe
}

/** The picture of a kill is taken until this long after it: then the kill is in its last third. */
const TAKEN_UNTIL_MS = 20_000

/** What a visitor can take away from the newest kill. All of it is made here; nothing is sent anywhere. */
export default function RunBar({ visit, probe }: Props) {
  const simulated = useContext(Simulated)
  const kill = useSyncExternalStore(visit.subscribe, () => visit.snapshot().kills[0])
  const frameOf = usePicture(probe, kill)
  const [said, setSaid] = useState<ReactNode>()
  const frame = frameOf()
  if (!kill || !frame) return null

  const run = (): Run => runOf(kill, frameOf() ?? frame, simulated)
  const copy = async (text: string, done: string) => {
    setSaid((await copied(text)) ? done : <ByHand text={text} />)
  }
  const share = async () => {
    const link = linkTo(run())
    if (!simulated) capture('run_shared', {})
    await copy(link, RUN.linkCopied(link.length))
  }
  const download = async () => {
    setSaid(EVENTS.saved(await saveRun(visit, probe, simulated)))
  }
  const copySvg = async () => {
    const svg = chartSvg(`${simulated ? `${RUN.simulated}: ` : ''}${runTitle(run())}`)
    if (svg) await copy(svg, RUN.svgCopied)
    else setSaid(RUN.svgMissing)
  }
  return (
    <section aria-labelledby="run-title" className="pt-10 print:hidden">
      <h3 id="run-title" className="eyebrow">
        {RUN.title}
      </h3>
      <div className="flex flex-wrap gap-2 border-t border-rule pt-4">
        <Button onClick={() => void share()}>{RUN.share}</Button>
        <Button variant="outline" onClick={() => void download()}>
          {RUN.json}
        </Button>
        <Button variant="outline" onClick={() => void copy(runText(run(), linkTo(run())), RUN.textCopied)}>
          {RUN.text}
        </Button>
        <Button variant="outline" onClick={() => void copySvg()}>
          {RUN.svg}
        </Button>
      </div>
      <div role="status" className="pt-2 text-sm text-muted-foreground">
        {said ?? RUN.noServer}
      </div>
    </section>
  )
}

function ByHand({ text }: { text: string }) {
  return (
    <label className="block">
      {RUN.notCopied}
      <textarea
        readOnly
        value={text}
        rows={3}
        className="mt-1 block w-full border bg-card p-2 font-mono text-xs text-foreground"
        onFocus={(event) => event.currentTarget.select()}
      />
    </label>
  )
}

/** The chart's minute around the newest kill: it goes on for a while after it, and then stands. */
function usePicture(probe: Probe, kill: Kill | undefined): () => Frame | undefined {
  const taken = useRef<{ kill: Kill['outage']; frame: Frame }>(undefined)
  useEffect(() => {
    if (!kill) return
    const take = () => {
      const frame = probe.snapshot()
      if (!frame) return
      const isNew = taken.current?.kill !== kill.outage
      if (isNew || frame.atMs - kill.outage.atMs <= TAKEN_UNTIL_MS)
        taken.current = { kill: kill.outage, frame }
    }
    take()
    return probe.subscribe(take)
  }, [probe, kill])
  return () => (taken.current?.kill === kill?.outage ? taken.current?.frame : undefined) ?? probe.snapshot()
}

function linkTo(run: Run): string {
  return `${location.origin}${location.pathname}#${linkOf(run)}`
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
