import { expect, test } from '@playwright/test'
import { heldPod, secretOf } from './_visitor.ts'

/** In its own file, because it mostly waits and other tests can run in parallel. */
test('a closed tab releases its pod', async ({ page, request }) => {
  test.slow()
  await page.goto('/')
  await heldPod(page)
  const headers = { authorization: `Bearer ${await secretOf(page)}` }
  const { id } = await (await request.post('/api/session', { headers })).json()
  await page.goto('about:blank')
  // The pod exits one minute after its socket is lost, and refill runs once a minute.
  const session = async () => (await request.get(`/api/session/${id}`, { headers })).json()
  await expect
    .poll(async () => (await session()).state, { timeout: 150_000, intervals: [2_000] })
    .toBe('ended')
  expect((await session()).endReason).toBe('idle')
})
