import { expect, it, vi } from 'vitest'
import { retryWorker, type Startable } from './retry-worker.ts'

/** Workers that were started, the first `broken` of which cannot fetch their script. */
function workers(broken: number) {
  const started: (Startable<string, string> & { heard: string[] })[] = []
  const start = () => {
    const heard: string[] = []
    const worker: (typeof started)[number] = {
      heard,
      onmessage: null,
      onerror: null,
      postMessage: (command) => heard.push(command),
    }
    started.push(worker)
    if (started.length <= broken) setTimeout(() => worker.onerror?.({} as ErrorEvent))
    return worker
  }
  return { started, start }
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 20))

it('starts again when the script fails to load, and repeats the commands', async () => {
  const { started, start } = workers(2)
  const end = retryWorker(start, 0)
  end.postMessage('connect')
  await expect.poll(() => started).toHaveLength(3)
  end.postMessage('draw')
  expect(started[2]?.heard).toEqual(['connect', 'draw'])
})

it('waits longer after each failure, up to 15 s', async () => {
  vi.useFakeTimers()
  const startedAtMs: number[] = []
  retryWorker<string, string>(() => {
    startedAtMs.push(Date.now())
    throw new DOMException('refused', 'SecurityError')
  })
  await vi.advanceTimersByTimeAsync(90_000)
  vi.useRealTimers()
  const pauses = startedAtMs.slice(1).map((atMs, i) => atMs - (startedAtMs[i] ?? 0))
  expect(pauses.slice(0, 3)).toEqual([1_000, 1_500, 2_250])
  expect(pauses.slice(-3)).toEqual([15_000, 15_000, 15_000])
})

it('does not restart a worker that runs, even after an error', async () => {
  const { started, start } = workers(0)
  const end = retryWorker(start, 0)
  const reports: string[] = []
  end.onmessage = ({ data }) => reports.push(data)
  end.postMessage('connect')
  started[0]?.onmessage?.({ data: 'open' } as MessageEvent<string>)
  started[0]?.onerror?.({} as ErrorEvent)
  await tick()
  expect(reports).toEqual(['open'])
  expect(started).toHaveLength(1)
})
