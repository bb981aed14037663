import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import type { PodConfig } from './config.ts'
import { createEvents } from './events.ts'
import { PodCounts } from './metrics/counts.ts'
import { createSession } from './session.ts'

const config: PodConfig = {
  key: '',
  name: 'pod',
  uid: 'uid',
  ip: '127.0.0.1',
  port: 0,
  node: 'node',
  zone: '',
  image: 'image',
  limits: LIMITS,
}

/** A socket without a network: records sent messages and closes at once. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  readonly sent: string[] = []
  send(text: string) {
    this.sent.push(text)
  }
  ping() {}
  close(code: number) {
    this.readyState = 3
    this.emit('close', code)
  }
}

function arrange() {
  const onOver = vi.fn()
  const events = createEvents(() => undefined)
  const session = createSession({
    config,
    events,
    counts: new PodCounts(),
    sockets: new Set(),
    onKill: vi.fn(),
    onOver,
  })
  const connect = () => {
    const ws = new FakeSocket()
    const claims = { sessionId: 'ada', epoch: 1, expiresAtS: Date.now() / 1_000 + 3_600 }
    session.receive(ws as unknown as WebSocket, new EventEmitter() as Socket, { ok: true, claims })
    return ws
  }
  const handshakeWithoutToken = () => {
    const ws = new FakeSocket()
    session.receive(ws as unknown as WebSocket, new EventEmitter() as Socket, { ok: false, why: 'no token' })
    return ws
  }
  return { onOver, session, connect, handshakeWithoutToken }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the idle limit', () => {
  it('does not end a pod that no visitor has connected to', () => {
    const { onOver } = arrange()
    vi.advanceTimersByTime(LIMITS.jobDeadlineMs)
    expect(onOver).not.toHaveBeenCalled()
  })

  it('ends the session when its socket has been closed for the idle limit, not before', () => {
    const { onOver, connect } = arrange()
    connect().close(1000)
    vi.advanceTimersByTime(LIMITS.socketIdleMs - 1)
    expect(onOver).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onOver).toHaveBeenCalledOnce()
  })

  it('is not moved by a handshake without a token, which opens no session either', () => {
    const { onOver, connect, handshakeWithoutToken } = arrange()
    expect(handshakeWithoutToken()).toMatchObject({ readyState: 3, sent: [] })
    const visitor = connect()
    handshakeWithoutToken()
    expect(visitor.readyState).toBe(visitor.OPEN)
    visitor.close(1000)
    vi.advanceTimersByTime(LIMITS.socketIdleMs - 1)
    handshakeWithoutToken()
    vi.advanceTimersByTime(1)
    expect(onOver).toHaveBeenCalledOnce()
  })

  it('does not end the session when the visitor reconnects in time', () => {
    const { onOver, connect } = arrange()
    connect().close(1006)
    vi.advanceTimersByTime(LIMITS.socketIdleMs - 1)
    const reconnected = connect()
    reconnected.emit('pong')
    vi.advanceTimersByTime(LIMITS.heartbeatMs)
    reconnected.emit('pong')
    expect(onOver).not.toHaveBeenCalled()
    expect(reconnected.readyState).toBe(reconnected.OPEN)
  })

  it('does not end the session when a replaced socket closes', () => {
    const { onOver, connect } = arrange()
    const older = connect()
    const newer = connect()
    expect([older.readyState, newer.readyState]).toEqual([3, 1])
    for (let ms = 0; ms < 2 * LIMITS.socketIdleMs; ms += LIMITS.heartbeatMs) {
      newer.emit('pong')
      vi.advanceTimersByTime(LIMITS.heartbeatMs)
    }
    expect(onOver).not.toHaveBeenCalled()
  })

  it('leaves no timer behind once the pod terminates', () => {
    const { session, connect } = arrange()
    connect().close(1000)
    session.end('terminated')
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('leaves only the timer of the idle limit behind a closed socket', () => {
  const { connect } = arrange()
  connect().close(1000)
  expect(vi.getTimerCount()).toBe(1)
})
