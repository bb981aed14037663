// What a container has said: the last lines of both its streams with their times, for `kubectl logs` and `logs -f`.

import { microTimestamp } from '../rfc3339.ts'

export type LogLine = { time: string; text: string }

/** Lines are kept up to this many bytes for each container; the oldest go first. A real kubelet rotates at 10 MiB. */
const MAX_BYTES = 1024 * 1024
/** A line without an end is cut, so that a process cannot fill the memory with one. The CRI does the same at 16 KiB. */
const MAX_LINE = 16 * 1024

export type ContainerLogs = {
  /** Takes raw output of one of the streams. */
  write(stream: 'stdout' | 'stderr', chunk: string): void
  /** The process is gone: flushes what has no end of line, and tells followers. */
  end(): void
  lines(): readonly LogLine[]
  ended(): boolean
  /** Calls back for every further line, and once at the end; returns the undo. */
  follow(onLine: (line: LogLine) => void, onEnd: () => void): () => void
}

/** An empty log. */
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
