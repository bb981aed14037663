import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSecret, isSessionId, sessionIdOf } from './secret.ts'

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const secret = fc.string({ unit: fc.constantFrom(...BASE64URL), minLength: 43, maxLength: 43 })

describe(isSecret, () => {
  it('accepts 43 characters of base64url', () => {
    fc.assert(
      fc.property(secret, (good) => {
        expect(isSecret(good)).toBe(true)
      }),
    )
  })

  it('refuses other lengths and other characters, a line end included', () => {
    const other = fc.string({ minLength: 1, maxLength: 1 }).filter((c) => !BASE64URL.includes(c))
    fc.assert(
      fc.property(secret, other, fc.nat(42), (good, bad, at) => {
        const spoiled = good.slice(0, at) + bad + good.slice(at + 1)
        for (const text of [spoiled, good + bad, `${good}A`, good.slice(1), `${good}\n`, ''])
          expect(isSecret(text)).toBe(false)
      }),
    )
  })
})

describe(sessionIdOf, () => {
  it('gives the same id for the same secret, on every machine', async () => {
    expect(await sessionIdOf('A'.repeat(43))).toBe('9b42a5e66f941921fca8508ff37305bd')
  })

  it('is a valid session id and label value, and different for different secrets', async () => {
    await fc.assert(
      fc.asyncProperty(secret, secret, async (one, other) => {
        const [first, second] = await Promise.all([sessionIdOf(one), sessionIdOf(other)])
        return isSessionId(first) && /^[a-z0-9]{1,63}$/.test(first) && (first === second) === (one === other)
      }),
    )
  })

  it('does not show the secret', async () => {
    await fc.assert(
      fc.asyncProperty(secret, async (one) => !(await sessionIdOf(one)).includes(one.slice(0, 8))),
    )
  })
})

it('recognises a session id', () => {
  expect(isSessionId('0123456789abcdef'.repeat(2))).toBe(true)
  for (const id of [
    '',
    '../',
    '%2f'.repeat(11),
    'A'.repeat(32),
    'a'.repeat(31),
    'a'.repeat(33),
    `${'a'.repeat(32)}\n`,
    'é'.repeat(32),
  ])
    expect(isSessionId(id), id).toBe(false)
})
