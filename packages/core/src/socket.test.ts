import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CloseName, closeNamed } from './close-codes.ts'
import {
  CLOSE,
  formatPing,
  formatPong,
  type Hello,
  parsePageMessage,
  parsePodMessage,
  parsePong,
  podPath,
  requestIn,
  requestProtocol,
  SUBPROTOCOL,
} from './socket.ts'

const seq = fc.integer({ min: 0, max: 9_999_999_999 })

describe('the subprotocol with a request', () => {
  it('carries the ids of API Gateway, without the characters that no subprotocol may contain', () => {
    expect(requestProtocol('JKJaXmPLvHcESHA=')).toBe('request.JKJaXmPLvHcESHA')
    expect(requestIn([SUBPROTOCOL, 'token.x', 'request.JKJaXmPLvHcESHA'])).toBe('JKJaXmPLvHcESHA')
  })

  it('carries no other text', () => {
    for (const id of ['', 'a b', 'a"b', 'a\n', 'a,b', 'x'.repeat(65)]) {
      expect(requestProtocol(id)).toBeUndefined()
      expect(requestIn([`request.${id}`])).toBeUndefined()
    }
    expect(requestIn([SUBPROTOCOL, 'token.x'])).toBeUndefined()
  })
})

describe('pings and pongs', () => {
  it('reads back every ping that it writes', () => {
    fc.assert(
      fc.property(seq, (n) => {
        expect(parsePageMessage(formatPing(n))).toEqual({ type: 'ping', seq: n })
      }),
    )
  })

  it('reads back every pong that it writes', () => {
    fc.assert(
      fc.property(seq, seq, (n, heldUs) => {
        expect(parsePong(formatPong(n, heldUs))).toEqual({ seq: n, heldUs })
      }),
    )
  })

  it('accepts only the text that it would write', () => {
    const near = fc.string({ unit: fc.constantFrom(...'p,0123456789-+.e dieczrash{}\n'), maxLength: 24 })
    fc.assert(
      fc.property(
        fc.oneof(
          near,
          fc.string(),
          near.map((tail) => `p,1${tail}`),
        ),
        (text) => {
          const message = parsePageMessage(text)
          if (message?.type === 'ping') expect(formatPing(message.seq)).toBe(text)
          if (message?.type === 'die') expect(`die,${message.how}`).toBe(text)
          const pong = parsePong(text)
          if (pong) expect(formatPong(pong.seq, pong.heldUs)).toBe(text)
        },
      ),
    )
  })

  it.each(['die,crash', 'die,freeze'])('reads %s', (text) => {
    expect(parsePageMessage(text)).toEqual({ type: 'die', how: text.slice(4) })
  })

  it.each([
    '',
    'p',
    'p,',
    'p,01',
    'p,-1',
    'p,1e3',
    'p,1\n',
    'p,12345678901',
    'die',
    'die,politely',
    'DIE,crash',
  ])('returns undefined for %j', (text) => expect(parsePageMessage(text)).toBeUndefined())
})

describe(parsePodMessage, () => {
  const hello: Hello = {
    type: 'hello',
    uid: 'u',
    name: 'n',
    alias: 'a',
    node: 'n',
    zone: '',
    image: 'i',
    startedAt: '2026-01-01T00:00:00.000Z',
    epoch: 1,
  }

  it('reads hello and terminating', () => {
    expect(parsePodMessage(JSON.stringify(hello))).toEqual(hello)
    expect(parsePodMessage('{"type":"terminating","graceMs":5000}')).toEqual({
      type: 'terminating',
      graceMs: 5_000,
    })
  })

  it('returns undefined for any other text, and does not throw', () => {
    for (const text of ['', 'p,1,2', '{', '{}', '[]', 'null', '{"type":"other"}', '{"type":"hello"}'])
      expect(parsePodMessage(text), text).toBeUndefined()
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string().map((s) => `{${s}`),
        ),
        (text) => {
          parsePodMessage(text)
        },
      ),
    )
  })
})

describe('close codes', () => {
  const names = Object.keys(CLOSE) as CloseName[]

  it('are all different, and each is found by its number', () => {
    expect(new Set(names.map((name) => CLOSE[name].code)).size).toBe(names.length)
    for (const name of names) expect(closeNamed(CLOSE[name].code)).toBe(name)
    expect(closeNamed(1006)).toBeUndefined()
  })

  it.each(names)('%s is a code an endpoint may send, with a meaning that fits a close frame', (name) => {
    const { code, meaning } = CLOSE[name]
    // RFC 6455 section 7.4: 1000 and 1008 are defined, 4000 to 4999 are for applications; section 5.5: 125 bytes in all.
    expect(code === 1000 || code === 1008 || (code >= 4000 && code <= 4999)).toBe(true)
    expect(new TextEncoder().encode(meaning).length).toBeLessThanOrEqual(123)
  })
})

it('names a subprotocol and a path that need no escaping', () => {
  expect(SUBPROTOCOL).toMatch(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/) // an RFC 9110 token
  expect(podPath('10.88.0.7')).toBe('/pod/10.88.0.7')
})
