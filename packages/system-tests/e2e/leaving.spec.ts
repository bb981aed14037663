import { expect, test } from '@playwright/test'
import { heldPod, secretOf } from './_visitor.ts'

/** In a file of its own: most of it is waiting, and other visits may go on meanwhile. */
test('a tab that is closed gives its pod back', async ({ page, request }) => {
  test.slow()
  await page.goto('/')
  await heldPod(page)
  const headers = { authorization: `Bearer ${await secretOf(page)}` }
  const { id } = await (await request.post('/api/session', { headers })).json()
  await page.goto('about:blank')
  // The pod gives a lost socket a minute, and the schedule looks once a minute.
  const session = async () => (await request.get(`/api/session/${id}`, { headers })).json()
  await expect
    .poll(async () => (await session()).state, { timeout: 150_000, intervals: [2_000] })
    .toBe('ended')
  expect((await session()).endReason).toBe('idle')
})
