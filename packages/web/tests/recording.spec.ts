import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { expect, headline, podLines, terminate, test, visit } from './_util.ts'

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())

/** Kills a pod and copies the link of that recording. */
async function share(page: Page): Promise<string> {
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  // The link holds everything that is drawn: the new pod's line as well.
  await expect(podLines(page)).toHaveCount(2)
  await page.getByRole('button', { name: 'Share this recording' }).click()
  await expect(page.getByText('The link is copied.')).toBeVisible()
  return clipboard(page)
}

test('a shared link plays the recording in the same chart, claims no pod, and offers to claim one', async ({
  page,
  mock,
}) => {
  await visit(page, mock)
  const died = mock.held()?.alias ?? ''
  const link = await share(page)
  const took = mock.held()?.alias ?? ''
  expect(link.split('#')[1]?.length).toBeLessThanOrEqual(1_024)
  mock.calls.length = 0

  const other = await page.context().newPage()
  await other.goto(link)
  // Pressed at once, because the playback ends by itself.
  await other.getByRole('button', { name: 'Skip to the end' }).click()
  await expect(headline(other)).toHaveText(
    new RegExp(`^${died} terminated by a crash, ${took} took over in .*\\.$`),
  )
  await expect(other.getByRole('complementary', { name: /^A recording of \d/ })).toBeVisible()
  await expect(other).toHaveTitle(/^Recording · /)
  await expect(other.locator('.chart').getByText(died)).toBeVisible()
  await expect(podLines(other)).toHaveCount(2)
  expect(mock.calls.filter((call) => call === 'claim')).toEqual([])
  await other.getByRole('button', { name: 'Get your own pod' }).click()
  await expect(headline(other)).toContainText('You hold')
  expect(other.url()).not.toContain('#')
})

test('a simulated recording is marked in the link’s page, the text, the file and the picture', async ({
  page,
  mock,
}) => {
  await page.goto(`${mock.url}/?sim=7`)
  await expect(headline(page)).toContainText('You hold')
  const link = await share(page)
  await page.getByRole('button', { name: 'Copy as text' }).click()
  expect(await clipboard(page)).toMatch(/^Warm pods, simulated in a browser: .*\nnoticed .*\nhttp.*#run=1\./)
  await page.getByRole('button', { name: 'Copy SVG' }).click()
  await expect.poll(() => clipboard(page)).toMatch(/^<svg .*>simulated: /s)
  expect(await clipboard(page)).not.toContain('var(')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download JSON' }).click(),
  ])
  expect(download.suggestedFilename()).toContain('simulated')
  const file = JSON.parse(await readFile(await download.path(), 'utf8'))
  expect(file).toMatchObject({ simulated: true, what: expect.stringContaining('SIMULATED') })

  const other = await page.context().newPage()
  await other.goto(link)
  await expect(headline(other)).toContainText('(simulated)')
  await expect(other.getByText('no pod in it was real')).toBeVisible()
  await expect(other).toHaveTitle(/^Recording of a simulation/)
})

test('the raw samples name their pods by UID and say what they mean', async ({ page, mock }) => {
  await visit(page, mock)
  const first = mock.held()?.uid
  await terminate(page, 'Delete')
  await expect(headline(page)).toContainText('Back in')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download JSON' }).click(),
  ])
  const { samples, kills, definitions } = JSON.parse(await readFile(await download.path(), 'utf8'))
  expect(new Set(samples.map(({ pod }: { pod: string }) => pod))).toContain(first)
  expect(kills[0]).toMatchObject({ how: 'polite', died: { uid: first }, tookOver: { uid: mock.held()?.uid } })
  for (const key of Object.keys(samples[0]))
    if (key !== 'seq') expect(Object.keys(definitions)).toContain(key)
  const answered = samples.filter(({ state }: { state: string }) => state === 'answered')
  for (const { sentMs, receivedMs, heldMs, roundTripMs } of answered)
    expect(Math.abs(receivedMs - sentMs - heldMs - roundTripMs)).toBeLessThan(0.2)
})

for (const [what, fragment, sentence] of [
  ['cut short', '#run=1.AQ_H3LsNFy0', 'cut short or changed'],
  ['of another version', '#run=9.AAAA', 'does not know'],
  ['too long', `#run=1.${'A'.repeat(5_000)}`, 'too long'],
  ['hostile', '#run=1.<img src=x onerror=alert(1)>', 'cut short or changed'],
] as const)
  test(`a link that is ${what} gives a sentence and a way on`, async ({ page, mock }) => {
    await page.goto(`${mock.url}/${fragment}`)
    await expect(headline(page)).toContainText(sentence)
    await page.getByRole('button', { name: 'Get your own pod' }).click()
    await expect(headline(page)).toContainText('You hold')
  })

test('a visitor who prefers reduced motion sees the end of a recording at once', async ({ page, mock }) => {
  await visit(page, mock)
  const link = await share(page)
  const other = await page.context().newPage()
  await other.emulateMedia({ reducedMotion: 'reduce' })
  await other.goto(link)
  await expect(other.getByRole('button', { name: 'Play it again' })).toBeVisible()
  await expect(podLines(other)).toHaveCount(2)
})
