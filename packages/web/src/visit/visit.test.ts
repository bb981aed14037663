import type { Reach, Session } from '@warm-pods/core/api/contracts.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createStore } from '../lib/create-store.ts'
import type { ConnectionReport, Probe } from '../probe/probe.ts'
import { held, waiting } from './_util.ts'
import type { Answer, Api } from './api.ts'
import { createVisit } from './visit.ts'

const ok = (value: Session): Answer<Session> => ({ is: 'ok', value })
const refused = (code: string): Answer<never> => ({
  is: 'error',
  error: { code, message: code, requestId: 'r-1' },
})

/** A visit with an API and a probe that record every call, in order. */
function start(
  answers: Partial<Record<keyof Api, (Answer<Session> | Promise<Answer<Session>>)[]>> = {},
  reaches: Answer<Reach>[] = [],
) {
  const calls: string[] = []
  let listen: ((report: ConnectionReport) => void) | undefined
  let renewed = 0
  const answer = async (name: keyof Api, what: string, otherwise: Answer<Session>) => {
    calls.push(what)
    return answers[name]?.shift() ?? otherwise
  }
  const api: Api = {
    claim: () => answer('claim', 'claim', ok(held(1))),
    read: () => answer('read', 'read', ok(held(1))),
    extend: () =>
      answer(
        'extend',
        'extend',
        ok({ ...held(1), leaseEndsAt: new Date(Date.now() + 300_000).toISOString() }),
      ),
    connected: async (_, { epoch }) => {
      calls.push(`connected ${epoch}`)
      return { is: 'ok', value: null }
    },
    recover: (_, { epoch, how }) => answer('recover', `recover ${epoch} ${how}`, ok(held(epoch + 1))),
    reach: async () => {
      calls.push('reach')
      return reaches.shift() ?? { is: 'ok', value: { epoch: 1, reach: 'answers', checkedAt: '' } }
    },
    kill: (_, how) => answer('kill', `kill ${how}`, ok(held(1))),
    release: async () => {
      calls.push('release')
      return { is: 'ok', value: null }
    },
    pool: async () => ({ is: 'unreachable' }),
    skewMs: () => 0,
    lastWorkedMs: () => undefined,
    socketUrl: (url) => url,
  }
  const probe: Probe = {
    connect(target, listener) {
      calls.push(`connect ${target.pod}`)
      listen = listener
      return () => calls.push(`close ${target.pod}`)
    },
    die: (how) => calls.push(`die,${how}`),
    rest: () => calls.push('rest'),
    draw: () => {},
    subscribe: () => () => {},
    snapshot: () => undefined,
    samples: async () => [],
    failing: createStore(false),
    sinceFrameMs: () => 0,
  }
  const secrets = { current: () => '', renew: () => `${++renewed}` }
  const visit = createVisit({ api, probe, secrets, now: () => Date.now(), random: () => 1 })
  const settle = () => vi.advanceTimersByTimeAsync(0)
  const report = (
    part:
      | Omit<Extract<ConnectionReport, { type: 'dead' }>, 'connection'>
      | { type: 'unopened'; code: number }
      | { type: 'pong' | 'open' },
  ) => listen?.({ connection: 1, atMs: Date.now(), downMs: undefined, lost: 0, ...part } as ConnectionReport)
  const live = async () => {
    visit.dispatch({ type: 'seen', atMs: Date.now() })
    await settle()
    report({ type: 'pong' })
    await settle()
    calls.length = 0
  }
  return {
    visit,
    calls,
    settle,
    report,
    live,
    renewals: () => renewed,
    status: () => visit.snapshot().phase.status,
  }
}
const kill = (how: 'polite' | 'crash' | 'freeze', recover: 'failover' | 'heal' = 'failover') =>
  ({ type: 'kill', how, recover, atMs: Date.now() }) as const
const told = (by: 'terminating' | 'closed' | 'deadline', code?: number) => ({
  type: 'dead' as const,
  atMs: Date.now(),
  by,
  code,
})

const checked = (reach: Reach['reach'], epoch = 1): Answer<Reach> => ({
  is: 'ok',
  value: { epoch, reach, checkedAt: '' },
})

const lease = () => ({ leaseEndsAt: new Date(Date.now() + 300_000).toISOString() })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe(createVisit, () => {
  it('does nothing before the tab is visible', async () => {
    const { calls, settle } = start()
    await settle()
    expect(calls).toEqual([])
  })

  it('claims, connects, and reports the first pong for the audit', async () => {
    const { visit, calls, settle, report } = start()
    visit.dispatch({ type: 'seen', atMs: 0 })
    await settle()
    report({ type: 'pong' })
    expect(calls).toEqual(['claim', 'connect 1', 'connected 1'])
  })

  it('polite: the API kills, and the page recovers as soon as the pod sends “terminating”', async () => {
    const { visit, calls, settle, report, live } = start({
      claim: [ok(held(1, lease()))],
      kill: [new Promise<Answer<Session>>(() => {})],
    })
    await live()
    visit.dispatch(kill('polite'))
    report(told('terminating'))
    await settle()
    expect(calls).toEqual(['kill polite', 'close 1', 'recover 1 failover', 'connect 2'])
  })

  it('requests a heal only after the kill was answered, because the heal is timed from that death', async () => {
    let answered = (_: Answer<Session>): void => {}
    const slow = new Promise<Answer<Session>>((resolve) => {
      answered = resolve
    })
    const { visit, calls, settle, report, live } = start({ claim: [ok(held(1, lease()))], kill: [slow] })
    await live()
    visit.dispatch(kill('polite', 'heal'))
    report(told('terminating'))
    await vi.advanceTimersByTimeAsync(500)
    expect(calls).toEqual(['kill polite', 'close 1'])
    answered(ok(held(1)))
    await settle()
    expect(calls.slice(2)).toEqual(['recover 1 heal', 'connect 2'])
  })

  it('crash: sent on the socket and recorded by the API', async () => {
    const { visit, calls, settle, report, live } = start({ claim: [ok(held(1, lease()))] })
    await live()
    visit.dispatch(kill('crash', 'heal'))
    report(told('closed', 1006))
    await settle()
    expect(calls).toEqual(['die,crash', 'kill crash', 'close 1', 'recover 1 heal', 'connect 2'])
  })

  it('freeze: deletes the pod only after three pings missed their deadline', async () => {
    const { visit, calls, settle, report, live } = start({ claim: [ok(held(1, lease()))] })
    await live()
    visit.dispatch(kill('freeze'))
    await vi.advanceTimersByTimeAsync(1_400)
    expect(calls).toEqual(['die,freeze'])
    report(told('deadline'))
    await settle()
    expect(calls).toEqual(['die,freeze', 'close 1', 'kill freeze', 'recover 1 failover', 'connect 2'])
  })

  it('keeps the pod when the API refuses to kill it', async () => {
    const { visit, settle, live, status } = start({
      claim: [ok(held(1, lease()))],
      kill: [refused('too_soon')],
    })
    await live()
    visit.dispatch(kill('polite'))
    expect(status()).toBe('terminating')
    await settle()
    expect(status()).toBe('live')
  })

  it('reads the session when it has moved to a later epoch, and connects to its pod', async () => {
    const { visit, calls, settle, report, live } = start({
      claim: [ok(held(1, lease()))],
      recover: [refused('old_epoch')],
      read: [ok(held(3))],
    })
    await live()
    visit.dispatch(kill('polite'))
    report(told('terminating'))
    await settle()
    expect(calls.slice(-3)).toEqual(['recover 1 failover', 'read', 'connect 3'])
  })

  it('polls the session until Kubernetes has healed the pod', async () => {
    const { visit, calls, settle, report, live } = start({
      claim: [ok(held(1, lease()))],
      recover: [ok(waiting(2))],
      read: [ok(waiting(2)), ok(held(2))],
    })
    await live()
    visit.dispatch(kill('crash', 'heal'))
    report(told('closed', 1006))
    await settle()
    await vi.advanceTimersByTimeAsync(700)
    expect(calls.slice(-4)).toEqual(['recover 1 heal', 'read', 'read', 'connect 2'])
  })

  it('claims under a new secret when the session has ended', async () => {
    const { visit, calls, settle, renewals } = start({ claim: [refused('session_over')] })
    visit.dispatch({ type: 'seen', atMs: Date.now() })
    await settle()
    expect(calls).toEqual(['claim', 'claim', 'connect 1'])
    expect(renewals()).toBe(1)
  })

  it('releases the pod and renews the secret when hidden for long, and claims when visible again', async () => {
    const { visit, calls, settle, live, renewals } = start({ claim: [ok(held(1, lease()))] })
    await live()
    visit.dispatch({ type: 'hidden-long' })
    expect(calls).toEqual(['close 1', 'rest', 'release'])
    expect(renewals()).toBe(1)
    visit.dispatch({ type: 'seen', atMs: Date.now() })
    await settle()
    expect(calls.slice(3)).toEqual(['claim', 'connect 1'])
  })

  it('keeps the session on pagehide, so that a reload or the back button finds it', async () => {
    const { visit, calls, live } = start({ claim: [ok(held(1, lease()))] })
    await live()
    visit.dispatch({ type: 'left' })
    expect(calls).toEqual(['close 1', 'rest'])
  })

  it('warns half a minute before the lease ends, and applies the extension', async () => {
    const { visit, live, status, settle } = start({ claim: [ok(held(1, lease()))] })
    await live()
    await vi.advanceTimersByTimeAsync(269_000)
    expect(status()).toBe('live')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(status()).toBe('expiring')
    visit.extendLease()
    await settle()
    expect(status()).toBe('live')
    await vi.advanceTimersByTimeAsync(260_000)
    expect(status()).toBe('live')
  })

  it('releases the session when the lease ends, and does not claim again by itself', async () => {
    const { calls, live, status } = start({ claim: [ok(held(1, lease()))] })
    await live()
    await vi.advanceTimersByTimeAsync(301_000)
    expect(status()).toBe('idle')
    expect(calls).toContain('release')
    expect(calls).not.toContain('claim')
  })

  it('reconnects to the same session at the first try after a network outage', async () => {
    const { visit, calls, settle, live } = start({ claim: [ok(held(1, lease()))] })
    await live()
    visit.dispatch({ type: 'offline', atMs: Date.now() })
    visit.dispatch({ type: 'online', atMs: Date.now() })
    await settle()
    expect(calls).toEqual(['close 1', 'read', 'connect 1'])
  })

  it('connects to the same pod at once when its socket is cut, without a request', async () => {
    const { calls, settle, report, live } = start({ claim: [ok(held(1, lease()))] })
    await live()
    report(told('closed', 1006))
    await settle()
    expect(calls).toEqual(['close 1', 'connect 1'])
  })

  it('asks the API after the first failed try, and fails over on its word', async () => {
    const { calls, settle, report, live } = start({ claim: [ok(held(1, lease()))] }, [checked('no_answer')])
    await live()
    report(told('closed', 1006))
    report({ type: 'unopened', code: 1006 })
    await settle()
    expect(calls.slice(2)).toEqual(['close 1', 'reach', 'recover 1 failover', 'connect 2'])
  })

  it('tries the same pod again after a pause while the API reaches it', async () => {
    const { calls, settle, report, live } = start({ claim: [ok(held(1, lease()))] }, [checked('answers')])
    await live()
    report(told('closed', 1006))
    report({ type: 'unopened', code: 1006 })
    await vi.advanceTimersByTimeAsync(399)
    expect(calls.slice(2)).toEqual(['close 1', 'reach'])
    await vi.advanceTimersByTimeAsync(1)
    await settle()
    expect(calls.slice(4)).toEqual(['connect 1'])
  })

  it.each<[string, Answer<Reach>]>([
    ['of a later epoch', checked('answers', 3)],
    ['that the session waits for its pod', refused('future_epoch')],
  ])('reads the session on an answer %s', async (_, answer) => {
    const { calls, settle, report, live } = start({ claim: [ok(held(1, lease()))], read: [ok(held(3))] }, [
      answer,
    ])
    await live()
    report(told('closed', 1006))
    report({ type: 'unopened', code: 1006 })
    await settle()
    expect(calls.slice(-3)).toEqual(['reach', 'read', 'connect 3'])
  })

  it.each<[string, Answer<Reach>]>([
    ['an older API', refused('no_such_path')],
    ['an API that cannot check pods', refused('unavailable')],
    [
      'a result of a newer API',
      // Not one of the contract's results.
      { is: 'ok', value: { epoch: 1, reach: 'quarantined' as Reach['reach'], checkedAt: '' } },
    ],
    ['a proxy’s page', { is: 'unreachable', foreign: true }],
  ])('takes %s for no evidence', async (_, answer) => {
    const { visit, settle, report, live } = start({ claim: [ok(held(1, lease()))] }, [answer])
    await live()
    report(told('closed', 1006))
    report({ type: 'unopened', code: 1006 })
    await settle()
    expect(visit.snapshot().phase).toMatchObject({ status: 'reconnecting', path: { reach: 'unknown' } })
  })

  it('is offline when the API does not answer either, and claims nothing when the session has ended', async () => {
    for (const [answer, status] of [
      [{ is: 'unreachable' }, 'offline'],
      [refused('session_over'), 'idle'],
    ] as const) {
      const visit = start({ claim: [ok(held(1, lease()))] }, [answer])
      await visit.live()
      visit.report(told('closed', 1006))
      visit.report({ type: 'unopened', code: 1006 })
      await visit.settle()
      expect(visit.status()).toBe(status)
      expect(visit.calls).not.toContain('claim')
    }
  })

  it('polls a starting pod for at most 90 s', async () => {
    const { visit, status } = start({
      claim: [ok(waiting())],
      read: Array.from({ length: 400 }, () => ok(waiting())),
    })
    visit.dispatch({ type: 'seen', atMs: Date.now() })
    await vi.advanceTimersByTimeAsync(89_000)
    expect(status()).toBe('provisioning')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(status()).toBe('failed')
  })
})
