import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SocketHandlers } from './instrument.ts'
import type { Command, Report } from './protocol.ts'
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
    const reports: Report[] = []
    let socket: SocketHandlers | undefined
    const scope: Scope = { postMessage: (report) => reports.push(report), onmessage: null }
    serveProbe(scope, (_target, handlers) => {
      socket = handlers
      return {
        bufferedAmount: 0,
        send: (text) => void setTimeout(() => handlers.message(`${text},0`), rttMs),
        close() {},
      }
    })
    const run = (command: Command) => scope.onmessage?.(new MessageEvent('message', { data: command }))
    return {
      run,
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

  it('keeps to the pause that the page asks for, also in an outage', () => {
    const { open, die, run, framesIn } = served()
    open(1)
    run({ do: 'draw', everyMs: null })
    die()
    expect(framesIn(5_000)).toBe(0)
  })
})
