import { expect, it } from 'vitest'
import { coalesce } from './coalesce.ts'

it('gives every caller a run that began after its call, and a burst shares one', async () => {
  const ends: (() => void)[] = []
  let runs = 0
  const call = coalesce(() => {
    runs++
    return new Promise((resolve) => ends.push(resolve))
  })
  const first = call()
  const burst = [call(), call(), call()]
  expect(runs).toBe(1)
  ends.shift()?.()
  await first
  await Promise.resolve()
  expect(runs).toBe(2)
  ends.shift()?.()
  await Promise.all(burst)
  expect(runs).toBe(2)
})

it('runs again after a run that failed', async () => {
  let runs = 0
  const call = coalesce(async () => {
    runs++
    if (runs === 1) throw new Error('lost')
  })
  const first = call()
  const second = call()
  await expect(first).rejects.toThrow('lost')
  await second
  expect(runs).toBe(2)
})
