import { isSecret } from '@warm-pods/core/identity/secret.ts'
import { describe, expect, it } from 'vitest'
import { createSecrets, newSecret } from './secret.ts'

const memory = () => {
  const map = new Map<string, string>()
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
  }
}

describe(createSecrets, () => {
  it('makes a valid secret, and another one each time', () => {
    expect(isSecret(newSecret())).toBe(true)
    expect(newSecret()).not.toBe(newSecret())
  })

  it('finds the same secret after a reload', () => {
    const storage = memory()
    const secret = createSecrets(() => storage).current()
    expect(createSecrets(() => storage).current()).toBe(secret)
  })

  it('replaces the secret, for the next reload too', () => {
    const storage = memory()
    const secrets = createSecrets(() => storage)
    const old = secrets.current()
    const renewed = secrets.renew()
    expect(renewed).not.toBe(old)
    expect(createSecrets(() => storage).current()).toBe(renewed)
  })

  it('works without storage, and ignores an invalid stored secret', () => {
    const blocked = createSecrets(() => {
      throw new DOMException('blocked', 'SecurityError')
    })
    expect(isSecret(blocked.current())).toBe(true)
    expect(blocked.current()).toBe(blocked.current())
    const storage = memory()
    storage.setItem('warm-pods.secret', 'not a secret')
    expect(isSecret(createSecrets(() => storage).current())).toBe(true)
  })
})
