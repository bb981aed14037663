import type { Page } from '@playwright/test'
import { translateTexts } from './_translate.ts'
import { expect, headline, podLines, terminate, test, visit } from './_util.ts'

/** The names of the nodes that React renders as bare text: text beside elements, which no translator may replace. */
const bareTexts = (page: Page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (Object.keys(node).some((key) => key.startsWith('__reactFiber')))
        found.push(`${node.parentElement?.outerHTML.slice(0, 120)}: “${node.textContent}”`)
    return found
  })

for (const goesOn of [false, true]) {
  test(`on a page that is translated ${goesOn ? 'continuously' : 'once'}, numbers move and kills go on`, async ({
    page,
    mock,
  }) => {
    await visit(page, mock)
    await page.evaluate(translateTexts, goesOn)
    const answered = page.getByText(/\d+ of \d+ due pings answered/)
    const before = await answered.textContent()
    await expect(answered).not.toHaveText(before ?? '')
    for (let kill = 0; kill < 2; kill++) {
      if (kill === 0) await terminate(page, 'Crash')
      else {
        const button = page.getByRole('button', { name: /^Terminate/ })
        await expect(button).toHaveAttribute('aria-disabled', 'false')
        await button.click()
      }
      await expect(headline(page)).toContainText(/Back in/)
      const alias = mock.held()?.alias ?? ''
      await expect(headline(page)).toContainText(alias)
      await expect(podLines(page)).toHaveCount(kill + 2)
    }
    await page.getByRole('button', { name: /Pause/ }).first().click()
    await expect(headline(page)).toContainText('Paused.')
  })
}

test('each text is the only child of its element, in every part of the page', async ({ page, mock }) => {
  await visit(page, mock)
  expect.soft(await bareTexts(page)).toEqual([])
  await page.getByRole('button', { name: /^Now/ }).click()
  await expect(page.locator('#stat-help')).not.toBeEmpty()
  expect.soft(await bareTexts(page)).toEqual([])
  await page.getByText('Show as a table').click()
  await terminate(page, 'Crash', 'Wait for Kubernetes')
  // While Kubernetes heals the pod, for about a second.
  expect.soft(await bareTexts(page)).toEqual([])
  await expect(headline(page)).toContainText('Back in')
  await expect(page.getByRole('heading', { name: /Receipt/ })).toBeVisible()
  await expect(page.getByRole('tabpanel', { name: 'The system' })).toBeVisible()
  expect.soft(await bareTexts(page)).toEqual([])
})

test('each text of the simulator is the only child of its element', async ({ page, mock }) => {
  await page.goto(`${mock.url}/?sim=7`)
  await page.getByText('Assumptions and faults').click()
  await expect(headline(page)).toContainText('You hold')
  expect.soft(await bareTexts(page)).toEqual([])
})

test('the page draws itself anew after an extension has moved its elements, and the visit goes on', async ({
  page,
  mock,
  complaints,
}) => {
  await visit(page, mock)
  await page.evaluate(() => {
    for (const element of document.querySelectorAll('#app > *, #log > *, #controls > *, .headline strong')) {
      const wrapper = document.createElement('div')
      element.replaceWith(wrapper)
      wrapper.append(element)
    }
  })
  await terminate(page, 'Crash')
  await expect(headline(page)).toContainText('Back in')
  await expect(headline(page)).toContainText(mock.held()?.alias ?? 'no pod')
  await expect(page.locator('#log li').first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveCount(1)
  await expect(page.getByRole('heading', { name: 'Receipt' })).toBeVisible()
  expect(mock.calls.filter((call) => call === 'claim')).toHaveLength(1)
  expect(complaints.splice(0).join()).toContain('NotFoundError')
})
