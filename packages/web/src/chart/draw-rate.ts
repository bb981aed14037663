import { useEffect, useRef } from 'react'
import { mean } from '../lib/mean.ts'
import type { Probe } from '../probe/probe.ts'
import type { Frame } from '../probe/protocol.ts'

/** Returns the pause between frames, ms, for the mean of the last commits. The numbers stay exact: the worker counts. */
export function drawEveryMs(meanCommitMs: number): 250 | 500 | 1_000 {
  if (meanCommitMs > 30) return 1_000
  return meanCommitMs > 12 ? 500 : 250
}

const COMMITS = 10

/**
 * Measures how long each frame takes from its arrival to its last commit, and asks for fewer frames on a slow machine.
 * Recharts puts new data into its store in passive effects and renders again in the same task. The microtask runs after
 * that.
 */
export function useDrawRate(probe: Probe, frame: Frame | undefined): void {
  const commits = useRef<number[]>([])
  const rate = useRef(250)
  useEffect(() => {
    if (!frame) return
    queueMicrotask(() => {
      commits.current = [...commits.current, probe.sinceFrameMs()].slice(-COMMITS)
      if (commits.current.length < COMMITS) return
      const everyMs = drawEveryMs(mean(commits.current) ?? 0)
      if (everyMs === rate.current) return
      rate.current = everyMs
      commits.current = []
      probe.draw(everyMs)
    })
  }, [probe, frame])
}
