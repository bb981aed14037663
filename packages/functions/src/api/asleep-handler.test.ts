import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { event } from './_event.ts'
import { handler } from './asleep-handler.ts'

const SITE = 'https://site.example'

beforeEach(() => {
  vi.stubEnv('SITE_ORIGIN', SITE)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

it('answers every request with asleep and a Retry-After', async () => {
  const { statusCode, headers, body } = await handler(event({ headers: { origin: SITE } }))
  expect(statusCode).toBe(503)
  expect(JSON.parse(body ?? '')).toMatchObject({ error: { code: 'asleep', requestId: 'test-request' } })
  expect(headers).toMatchObject({ 'retry-after': '300', 'access-control-allow-origin': SITE })
})

it('answers the preflight of the site’s origin only', async () => {
  const preflight = (origin: string) => {
    const given = event({ headers: { origin } })
    given.requestContext.http.method = 'OPTIONS'
    return handler(given)
  }
  expect(await preflight(SITE)).toMatchObject({
    statusCode: 204,
    headers: { 'access-control-allow-origin': SITE },
  })
  expect((await preflight('https://evil.example')).headers?.['access-control-allow-origin']).toBeUndefined()
})
