import { expect, it } from 'vitest'
import { retryImport } from './retry-import.ts'

const failing = (times: number) => {
  let asked = 0
  const load = async () => {
    if (++asked <= times) throw new Error(`try ${asked}`)
    return asked
  }
  return load
}

it('returns the module of the first successful import', async () => {
  expect(await retryImport(failing(0), 3, 0)).toBe(1)
  expect(await retryImport(failing(2), 3, 0)).toBe(3)
})

it('throws the last failure after all tries', async () => {
  await expect(retryImport(failing(5), 3, 0)).rejects.toThrow('try 3')
})
