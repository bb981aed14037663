import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SocketHandlers } from './instrument.ts'
import type { Command, EarlyPong, Report, Target } from './protocol.ts'
import { type Scope, serveProbe } from './serve.ts'

describe(serveProbe, () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A worker whose pods answer each ping after `rttMs`. `framesIn` returns how many frames it posts in that time. */
  function served(rttMs = 40) {
    const reports: (Report | EarlyPong)[] = []
    let socket: SocketHandlers | undefined
    const opened: string[] = []
    const closed: number[] = []
    const scope: Scope = { postMessage: (report) => reports.push(report), onmessage: null }
    serveProbe(scope, ({ url, protocols }, handlers) => {
      if (!protocols) throw new TypeError('protocols is not iterable')
      socket = handlers
      opened.push(url)
      return {
        bufferedAmount: 0,
        send: (text) => void setTimeout(() => handlers.message(`${text},0`), rttMs),
        close: (code) => closed.push(code),
      }
    })
    const run = (command: Command) => scope.onmessage?.(new MessageEvent('message', { data: command }))
    return {
      run,
      opened,
      closed,
      types: () => reports.map(({ type }) => type),
      accept: () => socket?.open(),
      open(connection: number) {
        run({ do: 'connect', connection, target: { url: 'ws://pod', protocols: [], pod: connection } })
        socket?.open()
      },
      die: () => socket?.close(1006),
      framesIn(ms: number): number {
        const before = reports.filter(({ type }) => type === 'frame').length
        vi.advanceTimersByTime(ms)
        return reports.filter(({ type }) => type === 'frame').length - before
      },
    }
  }

  it('posts four frames a second while a pod answers', () => {
    const { open, framesIn } = served()
    open(1)
    expect(framesIn(10_000)).toBe(40)
  })

  it('posts one frame a second from a death to the first pong of the next pod', () => {
    const { open, die, framesIn } = served()
    open(1)
    framesIn(5_100)
    die()
    expect(framesIn(800)).toBe(0)
    expect(framesIn(12_000)).toBe(12)
    open(2)
    framesIn(1_000)
    expect(framesIn(10_000)).toBe(40)
  })

  it('posts no frame while the page handles the first pong', () => {
    const { open, framesIn } = served(200)
    open(1)
    expect(framesIn(300)).toBe(0)
    expect(framesIn(300)).toBe(1)
  })

  describe('a socket of the script in index.html', () => {
    const target = { url: 'ws://pod', protocols: [], pod: 1 }
    const early: Command = { do: 'connect', connection: 1, target, early: true }

    it('opens at once and announces its first pong, and its reports wait until the page connects to the same pod', () => {
      const { run, accept, opened, types } = served()
      run(early)
      accept()
      expect(types()).toEqual([])
      vi.advanceTimersByTime(2_000)
      expect(types()).toEqual(['early-pong'])
      run({ do: 'connect', connection: 1, target })
      expect(opened).toEqual(['ws://pod'])
      expect(types()).toEqual(['early-pong', 'open', 'pong'])
      vi.advanceTimersByTime(20_000)
      expect(types()).toContain('frame')
    })

    it('closes without a report when the page connects to another pod', () => {
      const { run, accept, opened, closed, types } = served()
      run(early)
      accept()
      run({ do: 'connect', connection: 1, target: { ...target, url: 'ws://other' } })
      expect(opened).toEqual(['ws://pod', 'ws://other'])
      expect(closed).toHaveLength(1)
      expect(types()).toEqual([])
    })

    it('is none when another service has answered the claim, and the page can connect later', () => {
      const { run, opened, types } = served()
      run({ ...early, target: { url: 'ws://pod' } as Target })
      run({ do: 'connect', connection: 1, target })
      expect(opened).toEqual(['ws://pod'])
      expect(types()).toEqual([])
    })

    it('closes after ten seconds when the page has not connected, and the page can still connect later', () => {
      const { run, accept, opened, closed, types } = served()
      run(early)
      accept()
      vi.advanceTimersByTime(10_000)
      expect(closed).toHaveLength(1)
      run({ do: 'connect', connection: 1, target })
      accept()
      expect(opened).toHaveLength(2)
      expect(types()).toContain('open')
    })
  })

  it('keeps to the pause that the page asks for, also in an outage', () => {
    const { open, die, run, framesIn } = served()
    open(1)
    run({ do: 'draw', everyMs: null })
    die()
    expect(framesIn(5_000)).toBe(0)
  })
})
