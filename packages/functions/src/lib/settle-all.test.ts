import { expect, it } from 'vitest'
import { settleAll } from './settle-all.ts'

it('rejects only after the slowest of the others has settled', async () => {
  const slow = Promise.withResolvers<string>()
  let isSettled = false
  const all = settleAll([Promise.reject(new Error('first')), slow.promise]).finally(() => (isSettled = true))
  const rejected = expect(all).rejects.toThrow('first')
  await new Promise(setImmediate)
  expect(isSettled).toBe(false)
  slow.resolve('written')
  await rejected
})

it('returns the values in the order of the list', async () => {
  expect(await settleAll([Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two'])
})
