/** The log of a container: the last lines of both output streams with their times, for `kubectl logs` and `logs -f`. */

import { microTimestamp } from '../rfc3339.ts'

export interface LogLine {
  time: string
  text: string
}

/**
 * Characters of log that are kept for each container. The oldest lines are dropped first. A real kubelet rotates at 10
 * MiB.
 */
const MAX_BYTES = 1024 * 1024
/** A longer line is split, so that one line cannot fill the memory. The CRI splits at 16 KiB too. */
const MAX_LINE = 16 * 1024

export interface ContainerLogs {
  /** Adds raw output of one of the streams. */
  write(stream: 'stdout' | 'stderr', chunk: string): void
  /**
   * Call it when the process has ended. It flushes a last line without a line end and calls `onEnd` of all followers.
   */
  end(): void
  lines(): readonly LogLine[]
  ended(): boolean
  /** Calls back for every further line, and once at the end. Returns a function that stops following. */
  follow(onLine: (line: LogLine) => void, onEnd: () => void): () => void
}

/** Creates an empty log. */
export function createContainerLogs(maxBytes = MAX_BYTES): ContainerLogs {
  const kept: LogLine[] = []
  const partial = { stdout: '', stderr: '' }
  const followers = new Set<{ onLine: (line: LogLine) => void; onEnd: () => void }>()
  let bytes = 0
  let over = false

  function push(text: string): void {
    const line = { time: microTimestamp(), text }
    kept.push(line)
    bytes += text.length
    while (bytes > maxBytes && kept.length > 1) bytes -= kept.shift()?.text.length ?? 0
    for (const { onLine } of [...followers]) onLine(line)
  }

  return {
    write(stream, chunk) {
      const pieces = (partial[stream] + chunk).split('\n')
      partial[stream] = pieces.pop() ?? ''
      for (const piece of pieces) push(piece)
      while (partial[stream].length > MAX_LINE) {
        push(partial[stream].slice(0, MAX_LINE))
        partial[stream] = partial[stream].slice(MAX_LINE)
      }
    },
    end() {
      if (over) return
      for (const stream of ['stdout', 'stderr'] as const) if (partial[stream]) push(partial[stream])
      over = true
      for (const { onEnd } of [...followers]) onEnd()
      followers.clear()
    },
    lines: () => kept,
    ended: () => over,
    follow(onLine, onEnd) {
      const follower = { onLine, onEnd }
      followers.add(follower)
      return () => followers.delete(follower)
    },
  }
}
