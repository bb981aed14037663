import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Claims, newPodKey, signToken, verifyToken } from './token.ts'

const NOW_S = 1_700_000_000
const NOW_MS = NOW_S * 1_000
const KEY = newPodKey()

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 })
const claims: fc.Arbitrary<Claims> = fc.record({
  sessionId: hex,
  epoch: fc.integer({ min: 1, max: 999_999_999 }),
  expiresAtS: fc.integer({ min: NOW_S + 1, max: 999_999_999_999 }),
})
const one: Claims = { sessionId: 'a'.repeat(32), epoch: 1, expiresAtS: NOW_S + 60 }

describe(signToken, () => {
  it('makes a token that its own key verifies, with the claims it was given', async () => {
    await fc.assert(
      fc.asyncProperty(claims, async (given) => {
        expect(await verifyToken(KEY, await signToken(KEY, given), NOW_MS)).toEqual({
          ok: true,
          claims: given,
        })
      }),
    )
  })

  it('has only characters that a subprotocol may have', async () => {
    // RFC 6455 section 4.1 asks for an RFC 2616 token; a browser throws on anything else.
    await fc.assert(
      fc.asyncProperty(claims, async (given) =>
        /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(await signToken(KEY, given)),
      ),
    )
  })

  it('is HMAC-SHA-256 over the claims, as another implementation computes it', async () => {
    const mac = createHmac('sha256', Buffer.from(KEY, 'base64url'))
      .update(`warm-pods.v1 ${one.sessionId} ${one.epoch} ${one.expiresAtS}`)
      .digest('base64url')
    expect(await signToken(KEY, one)).toBe(`token.${one.sessionId}.${one.epoch}.${one.expiresAtS}.${mac}`)
  })
})

describe(verifyToken, () => {
  it('refuses a token with any one character changed', async () => {
    const alphabet = [...'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.']
    await fc.assert(
      fc.asyncProperty(claims, fc.nat(), fc.constantFrom(...alphabet), async (given, where, character) => {
        const token = await signToken(KEY, given)
        const at = where % token.length
        fc.pre(token[at] !== character)
        const verdict = await verifyToken(KEY, token.slice(0, at) + character + token.slice(at + 1), NOW_MS)
        expect(verdict.ok).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('accepts one spelling of a token', async () => {
    const token = await signToken(KEY, one)
    for (const character of '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_')
      expect((await verifyToken(KEY, token.slice(0, -1) + character, NOW_MS)).ok).toBe(
        token.endsWith(character),
      )
  })

  it('refuses a token for another pod', async () => {
    expect(await verifyToken(newPodKey(), await signToken(KEY, one), NOW_MS)).toEqual({
      ok: false,
      why: 'forged',
    })
  })

  it('refuses a token from the second of its expiry on, and reports that only for a genuine one', async () => {
    const token = await signToken(KEY, { ...one, expiresAtS: NOW_S })
    expect(await verifyToken(KEY, token, NOW_MS - 1)).toMatchObject({ ok: true })
    expect(await verifyToken(KEY, token, NOW_MS)).toEqual({ ok: false, why: 'expired' })
    const forged = token.replace('token.a', 'token.b')
    expect(await verifyToken(KEY, forged, NOW_MS)).toEqual({ ok: false, why: 'forged' })
  })

  it('returns malformed for any other text, and does not throw', async () => {
    const good = await signToken(KEY, one)
    const spoiled = [
      '',
      'token.',
      `${good}\n`,
      ` ${good}`,
      `${good}.`,
      good.slice(6),
      good.slice(0, -1),
      `${good}A`,
    ]
    const claimsSpoiled = ['.0.', '.01.', '.-1.', '.1.5.', '.1e3.', '.9999999999.'].map((epoch) =>
      good.replace('.1.', epoch),
    )
    for (const text of [...spoiled, ...claimsSpoiled, good.replace('token.a', 'token.A')])
      expect(await verifyToken(KEY, text, NOW_MS), text).toEqual({ ok: false, why: 'malformed' })
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => (await verifyToken(KEY, text, NOW_MS)).ok === false),
    )
  })
})

it('makes keys of 43 characters of base64url, none twice', () => {
  const keys = Array.from({ length: 200 }, newPodKey)
  for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(new Set(keys).size).toBe(200)
})
