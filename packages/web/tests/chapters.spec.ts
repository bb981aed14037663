import { REQUEST_ID } from './_mock-cluster.ts'
import { expect, headline, mainButton, openChapter, terminate, test, unfold, visit } from './_util.ts'

test('shows the pod, the cluster and the release without a click', async ({ page, mock }) => {
  mock.cluster.options.cluster = { ...mock.cluster.options.cluster, region: 'us-east-2', version: 'v1.36.3' }
  await visit(page, mock)
  const running = page.getByRole('region', { name: 'What is running' })
  await expect(running).toContainText('connected')
  await expect(running).toContainText(mock.held()?.name ?? 'no pod')
  await expect(running).toContainText('Kubernetes v1.36.3 · cluster mock · us-east-2 (Ohio)')
  await expect(running).toContainText('pods from warm-pods/pod:mock')
})

test('names the local engine as such', async ({ page, mock }) => {
  mock.cluster.options.cluster = { name: 'local', region: 'local', version: 'v1.36.3' }
  await visit(page, mock)
  const running = page.getByRole('region', { name: 'What is running' })
  await expect(running).toContainText(
    'Local engine on one machine, no cluster; it implements the API of Kubernetes v1.36.3',
  )
})

test('the drawer shows both pod UIDs, the raw answers without tokens, and kubectl commands', async ({
  page,
  mock,
}) => {
  await visit(page, mock)
  const before = mock.held()
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  const after = mock.held()
  const button = page.getByRole('button', { name: 'Verify' })
  await button.focus()
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog', { name: 'Verify' })
  await expect(drawer.getByRole('row', { name: `UID ${after?.uid} ${before?.uid}` })).toBeVisible()
  await expect(drawer).toContainText('Your browser computed them again, and they match')
  await expect(drawer).toContainText(
    `kubectl -n warm-pods get pod ${after?.name} -o jsonpath='{.metadata.uid}'`,
  )
  await expect(drawer).toContainText(
    'The pod itself reports the same UID, and the image mock, over its WebSocket',
  )
  await expect(drawer).toContainText(`The request that gave you this pod has the id ${REQUEST_ID}.`)
  await expect(drawer).toContainText(`involvedObject.uid=${before?.uid}`)
  // The Job heals meanwhile. The mock's crash has another code than the pod's program.
  await expect(drawer).toContainText(
    `${before?.alias} ended with the exit code 137. Kubernetes gives its reason as Error.`,
  )
  const claim = drawer.getByText(/^POST \/api\/session\/\w+\/recover/)
  await expect(claim).toBeVisible()
  await claim.click()
  await expect(drawer).toContainText('"token.…"')
  await expect(drawer).not.toContainText('token.mock')
  // The focus stays in the drawer, and returns to the button when it closes.
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    const outside = await page.evaluate(() => {
      const { activeElement } = document
      return activeElement !== document.body && activeElement?.closest('dialog') === null
    })
    expect(outside).toBe(false)
  }
  await page.keyboard.press('Escape')
  await expect(drawer).toHaveCount(0)
  await expect(button).toBeFocused()
  await expect(mainButton(page)).toBeVisible()
})

test('the receipt of the claim can be copied', async ({ page, mock, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await visit(page, mock)
  const claim = await openChapter(page, 'Your claim')
  await expect(claim).toContainText('Warm slots seen4')
  await claim.getByRole('button', { name: 'Copy: Your claim' }).click()
  await expect(claim.getByRole('button', { name: 'Copied: Your claim' })).toBeVisible()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  expect(text).toContain(`UID: ${mock.held()?.uid}`)
  expect(text).toContain('In all: 3.00 ms')
})

test('the forecast is blank with the number it needs, and then beside the measured share', async ({
  page,
  mock,
}) => {
  const forecast = { arrivalsPerMinute: 1, startMs: 1_400, warmShare: 0.9997, warmShareWithOneMore: 0.99999 }
  mock.cluster.options.forecast = { ...forecast, hour: { warm: 3, cold: 0, failovers: 1, starts: 8 } }
  // A link to a chapter opens it.
  await page.goto(`${mock.url}/#forecast`)
  const panel = page.getByRole('tabpanel', { name: 'Forecast' })
  await expect(panel).toBeInViewport()
  await expect(panel).toContainText('predicted for 4 slots–needs 20 arrivals, 4 so far')
  await expect(panel).toContainText('measured–needs 20 visitors, 3 so far')
  mock.cluster.options.forecast = { ...forecast, hour: { warm: 38, cold: 2, failovers: 20, starts: 60 } }
  await expect(panel).toContainText('predicted for 4 slotsover 99.9 %95 % interval: ')
  await expect(panel).toContainText('measured95.0 %95 % interval: 83.5 % to 98.6 %')
  await expect(panel).toContainText('40 visitors and 20 fail-overs')
})

test('the diagram shows the visitor’s own requests, also as text', async ({ page, mock }) => {
  await visit(page, mock)
  const diagram = page.getByRole('tabpanel', { name: 'The system' })
  await unfold(page)
  await expect(diagram).toContainText('Claim: the API took a warm slot by one conditional write')
  await expect(diagram.getByRole('listitem').filter({ hasText: /^Your pod/ })).toContainText(
    '■ in use by you',
  )
  await expect(diagram.getByRole('listitem').filter({ hasText: /^Job controller/ })).not.toContainText(
    'in use',
  )
  await terminate(page, 'Delete')
  await expect(diagram).toContainText(
    'Kill, by a delete: the API recorded it, then asked Kubernetes to delete the pod.',
  )
  await expect(diagram).toContainText('Fail-over: another conditional write, another warm pod.')
  await expect(diagram).toContainText('Refill: it reserved an empty slot')
  mock.cluster.options.backoffMs = 3_000
  await terminate(page, 'Crash', 'Wait for Kubernetes')
  await expect(diagram.getByRole('listitem').filter({ hasText: /^Job controller/ })).toContainText(
    'in use by you',
  )
  await expect(diagram).toContainText('Healed: the Job controller recreated the dead pod')
})
