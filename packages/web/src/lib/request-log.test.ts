import { describe, expect, it } from 'vitest'
import { createRequestLog, redacted } from './request-log.ts'

const SESSION = '{"socket":{"protocols":["warm-pods.v1","token.eyJ.a-b_c"]},"id":"ada"}'
const tapeOf = (answer: () => Promise<Response>) => createRequestLog(answer as typeof fetch)

describe(createRequestLog, () => {
  it('records the answer verbatim without the token, and passes it on unchanged', async () => {
    const requestLog = tapeOf(async () => new Response(SESSION, { status: 201 }))
    const response = await requestLog.fetch('http://api/api/session', { method: 'POST' })
    expect(await response.text()).toBe(SESSION)
    const [exchange] = requestLog.snapshot()
    expect(exchange).toMatchObject({ call: 'POST /api/session', status: 201 })
    expect(exchange?.body).toBe('{"socket":{"protocols":["warm-pods.v1","token.…"]},"id":"ada"}')
  })

  it('passes on an answer without a body', async () => {
    const requestLog = tapeOf(async () => new Response(null, { status: 204 }))
    expect((await requestLog.fetch('http://api/api/session/x', { method: 'DELETE' })).status).toBe(204)
    expect(requestLog.snapshot()).toMatchObject([{ status: 204, body: '' }])
  })

  it('keeps the last eight exchanges, and of repeated requests only the last', async () => {
    let n = 0
    const requestLog = tapeOf(async () => new Response(`${n++}`))
    for (let i = 0; i < 12; i++) await requestLog.fetch(`http://api/api/session/${i}`, { method: 'POST' })
    for (let i = 0; i < 3; i++) await requestLog.fetch('http://api/api/pool')
    expect(requestLog.snapshot()[0]?.body).toBe('14')
    const calls = requestLog.snapshot().map(({ call }) => call)
    expect(calls).toHaveLength(8)
    expect(calls.filter((call) => call === 'GET /api/pool')).toHaveLength(1)
    expect(calls[1]).toBe('POST /api/session/11')
  })

  it('records a request without an answer, but not a request that the page aborted', async () => {
    const requestLog = tapeOf(() => Promise.reject(new TypeError('network')))
    await expect(requestLog.fetch('http://api/api/pool')).rejects.toThrow('network')
    expect(requestLog.snapshot()).toMatchObject([{ call: 'GET /api/pool', status: undefined, body: '' }])
    const gone = AbortSignal.abort()
    await expect(requestLog.fetch('http://api/api/session/x', { signal: gone })).rejects.toThrow()
    expect(requestLog.snapshot()).toHaveLength(1)
  })
})

describe(redacted, () => {
  it('removes every token, and nothing else', () => {
    expect(redacted('["token.a","token.b"] "tokens" token')).toBe('["token.…","token.…"] "tokens" token')
    expect(redacted('')).toBe('')
  })
})
