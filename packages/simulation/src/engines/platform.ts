/**
 * Replaces the platform's globals that the handlers use: Web Crypto and the console. During a history Web Crypto works
 * synchronously with random numbers of the seed. So nothing real is awaited, and the same seed gives the same keys.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Chance } from '../seeded-random.ts'

type Bytes = Uint8Array<ArrayBuffer>

/**
 * Replaces the globals until it is disposed of.
 * @param onLog receives every line that the handlers log.
 */
export function seededPlatform(chance: Chance, onLog: (line: string) => void): Disposable {
  const real = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
  const { log } = console
  Object.defineProperty(globalThis, 'crypto', { configurable: true, value: cryptoBy(chance) })
  console.log = onLog
  return {
    [Symbol.dispose]() {
      console.log = log
      if (real) Object.defineProperty(globalThis, 'crypto', real)
    },
  }
}

/**
 * The five calls of Web Crypto that the product makes (core: token.ts, secret.ts, names.ts), on the synchronous
 * node:crypto.
 */
function cryptoBy(chance: Chance) {
  const hmac = (key: Bytes, data: Bytes): Buffer => createHmac('sha256', key).update(data).digest()
  return {
    getRandomValues(into: Uint8Array): Uint8Array {
      for (let i = 0; i < into.length; i++) into[i] = chance.whole(256)
      return into
    },
    subtle: {
      digest: async (_algorithm: 'SHA-256', data: Bytes) =>
        new Uint8Array(createHash('sha256').update(data).digest()).buffer,
      importKey: async (_format: 'raw', raw: Bytes) => raw,
      sign: async (_algorithm: 'HMAC', key: Bytes, data: Bytes) => new Uint8Array(hmac(key, data)).buffer,
      verify: async (_algorithm: 'HMAC', key: Bytes, mac: Bytes, data: Bytes) =>
        mac.length === 32 && timingSafeEqual(hmac(key, data), mac),
    },
  }
}
