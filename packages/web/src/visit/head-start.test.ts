import { afterEach, describe, expect, it, vi } from 'vitest'
import { takeHeadStart } from './head-start.ts'

const CLAIM = 'https://api.example/session'
const SECRET = 'A'.repeat(43)
const early = (more = {}) => ({
  url: CLAIM,
  secret: SECRET,
  atMs: 7,
  response: Promise.resolve(new Response('early')),
  ...more,
})
const fetcher = (async () => new Response('late')) as typeof fetch
const textOf = async (answer: Promise<Response>) => (await answer).text()

afterEach(() => vi.unstubAllGlobals())

describe(takeHeadStart, () => {
  it('answers the first claim with the early response, and only that', async () => {
    vi.stubGlobal('window', { headStart: early() })
    const taken = takeHeadStart(SECRET, fetcher)
    expect(taken.askedMs).toBe(7)
    expect(await textOf(taken.fetch('https://api.example/pool', { method: 'GET' }))).toBe('late')
    expect(await textOf(taken.fetch(CLAIM, { method: 'POST' }))).toBe('early')
    expect(await textOf(taken.fetch(CLAIM, { method: 'POST' }))).toBe('late')
  })

  it.each([
    ['nothing was started', undefined],
    ['the claim was sent with another secret', early({ secret: 'B'.repeat(43) })],
  ])('sends a claim of its own when %s', async (_when, headStart) => {
    vi.stubGlobal('window', { headStart })
    const taken = takeHeadStart(SECRET, fetcher)
    expect(taken.askedMs).toBeUndefined()
    expect(await textOf(taken.fetch(CLAIM, { method: 'POST' }))).toBe('late')
  })

  it('fails like fetch when the early request failed, so that the page retries', async () => {
    const response = Promise.reject(new TypeError('Failed to fetch'))
    vi.stubGlobal('window', { headStart: early({ response }) })
    const taken = takeHeadStart(SECRET, fetcher)
    await expect(taken.fetch(CLAIM, { method: 'POST' })).rejects.toThrow('Failed to fetch')
    expect(await textOf(taken.fetch(CLAIM, { method: 'POST' }))).toBe('late')
  })

  it('hands the worker over once, also without a claim', () => {
    const worker = {}
    vi.stubGlobal('window', { headStart: early({ worker }) })
    const taken = takeHeadStart(SECRET, fetcher)
    expect([taken.worker(), taken.worker()]).toEqual([worker, undefined])
    expect(takeHeadStart(SECRET, fetcher).worker()).toBeUndefined()
  })
})
