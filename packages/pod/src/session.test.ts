import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import type { PodConfig } from './config.ts'
import { createEvents } from './events.ts'
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

/** A socket without a network: notes what it is told and closes at once. */
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
  const session = createSession({ config, events, sockets: new Set(), onDie: vi.fn(), onOver })
  const visit = () => {
    const ws = new FakeSocket()
    const claims = { sessionId: 'ada', epoch: 1, expiresAtS: Date.now() / 1_000 + 3_600 }
    session.receive(ws as unknown as WebSocket, new EventEmitter() as Socket, { ok: true, claims })
    return ws
  }
  return { onOver, session, visit }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('when a session is over', () => {
  it('is not while nobody has come', () => {
    const { onOver } = arrange()
    vi.advanceTimersByTime(LIMITS.jobDeadlineMs)
    expect(onOver).not.toHaveBeenCalled()
  })

  it('is when its socket has been gone for the idle limit, not before', () => {
    const { onOver, visit } = arrange()
    visit().close(1000)
    vi.advanceTimersByTime(LIMITS.socketIdleMs - 1)
    expect(onOver).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onOver).toHaveBeenCalledOnce()
  })

  it('is not when the visitor came back in time', () => {
    const { onOver, visit } = arrange()
    visit().close(1006)
    vi.advanceTimersByTime(LIMITS.socketIdleMs - 1)
    const again = visit()
    again.emit('pong')
    vi.advanceTimersByTime(LIMITS.heartbeatMs)
    again.emit('pong')
    expect(onOver).not.toHaveBeenCalled()
    expect(again.readyState).toBe(again.OPEN)
  })

  it('is not when a socket goes that another has replaced', () => {
    const { onOver, visit } = arrange()
    const older = visit()
    const newer = visit()
    expect([older.readyState, newer.readyState]).toEqual([3, 1])
    for (let ms = 0; ms < 2 * LIMITS.socketIdleMs; ms += LIMITS.heartbeatMs) {
      newer.emit('pong')
      vi.advanceTimersByTime(LIMITS.heartbeatMs)
    }
    expect(onOver).not.toHaveBeenCalled()
  })

  it('leaves no timer behind once the pod is told to terminate', () => {
    const { session, visit } = arrange()
    visit().close(1000)
    session.end('terminated')
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('leaves no timer behind for a socket that closed, but the idle limit', () => {
  const { visit } = arrange()
  visit().close(1000)
  expect(vi.getTimerCount()).toBe(1)
})
