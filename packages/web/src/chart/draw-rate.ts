import { useLayoutEffect, useRef } from 'react'
import type { Probe } from '../probe/probe.ts'
import type { Frame } from '../probe/protocol.ts'
import { mean } from '../probe/statistics.ts'

/** How often to draw when the last commits took this long on average, ms. The numbers stay exact: the worker counts. */
export function drawEveryMs(meanCommitMs: number): 250 | 500 | 1_000 {
  if (meanCommitMs > 30) return 1_000
  return meanCommitMs > 12 ? 500 : 250
}

const COMMITS = 10

/** Measures what drawing a frame costs, from its arrival to the commit, and asks for fewer frames on a slow machine. */
export function useDrawRate(probe: Probe, frame: Frame | undefined): void {
  const commits = useRef<number[]>([])
  const rate = useRef(250)
  useLayoutEffect(() => {
    if (!frame) return
    commits.current = [...commits.current, probe.sinceFrameMs()].slice(-COMMITS)
    if (commits.current.length < COMMITS) return
    const everyMs = drawEveryMs(mean(commits.current) ?? 0)
    if (everyMs === rate.current) return
    rate.current = everyMs
    commits.current = []
    probe.draw(everyMs)
  }, [probe, frame])
}
