import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MockServer } from '../_mock-server.ts'
import { stopInSight } from '../_tab-stop.ts'
import { translateTexts } from '../_translate.ts'
import type { Driver } from './_driver.ts'
import { ENGINES } from './_engines.ts'
import { EnginePage } from './_page.ts'
import { decodePng } from './_png.ts'
import { startElsewhere, startServer } from './_server.ts'

const HEADLINE = 'h2.headline'
const HOLDS = /You hold/
/** Code points of https://w3c.github.io/webdriver/#keyboard-actions. */
const KEYS = { Tab: '\uE004', ArrowRight: '\uE014', ArrowLeft: '\uE012' } as const
/** The period of the gradients of `leg-idle` and `leg-hatched` in styles.css, along the gradient. They run at 45°. */
const PERIOD_PX = 6

describe.for(ENGINES)('$name', (engine) => {
  describe.skipIf(!engine.isInstalled())('a visit', () => {
    let driver: Driver
    let page: EnginePage
    let mock: MockServer
    beforeAll(async () => {
      driver = await engine.start()
      page = new EnginePage(driver)
    })
    afterAll(() => driver?.[Symbol.asyncDispose]())
    beforeEach(async () => {
      mock = await startServer()
    })
    afterEach(async () => {
      // Ends the visit before its server.
      await leave()
      await mock[Symbol.asyncDispose]()
      expect(complaints.splice(0)).toEqual([])
    })

    /** Errors and policy violations of the pages of a test. */
    const complaints: string[] = []
    /** Leaves the page, and keeps its complaints: an empty page has no storage. */
    const leave = async () => {
      if (await page.call(() => location.href !== 'about:blank'))
        complaints.push(...(await page.complaints()))
      await driver.open('about:blank')
    }

    const visit = async () => {
      await driver.open(mock.url)
      await page.untilText(HEADLINE, HOLDS)
    }
    const choose = async (how: string, then: string) => {
      await page.click(new RegExp(`^${how}$`))
      await page.click(new RegExp(`^${then}$`))
    }
    const terminate = async (how: string, then = 'Take a warm pod') => {
      await choose(how, then)
      await page.click(/^Terminate/)
    }

    const expectOnePod = async (uid: string | undefined) => {
      await page.untilText('#app', /[1-9]\d* of \d+ due pings answered/)
      expect(mock.held()?.uid).toBe(uid)
      expect(mock.cluster.sessions()).toHaveLength(1)
    }

    /** Returns what axe finds on the page as it is. */
    const violations = async () => {
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
      await driver.evaluate(`(() => { ${axe} })()`)
      return driver.evaluate(
        `axe.run().then(({ violations }) => violations.map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes.map(({ target }) => target)))`,
      )
    }

    /** Counts the stripes in a picture of the widest bar of a class. Returns their share of the declared ones, 0..1. */
    const stripesAcross = async (bars: string): Promise<number> => {
      const bar = (await page.until((selector) => {
        const [widest] = [...document.querySelectorAll(selector)].toSorted(
          (a, b) => b.getBoundingClientRect().width - a.getBoundingClientRect().width,
        )
        widest?.scrollIntoView({ block: 'center', behavior: 'instant' })
        const { x, y, width, height } = widest?.getBoundingClientRect() ?? new DOMRect()
        return width > 60 && { x, y, width, height }
      }, bars)) as { x: number; y: number; width: number; height: number }
      const { bytes, channels, width } = decodePng(Buffer.from(await driver.screenshot(), 'base64'))
      const firstPixel = Math.round(bar.y + bar.height / 2) * width + Math.round(bar.x)
      const greens = Array.from(
        { length: Math.floor(bar.width) },
        (_, i) => bytes[(firstPixel + i) * channels + 1] ?? 0,
      )
      const middle = (Math.max(...greens) + Math.min(...greens)) / 2
      const changes = greens.filter(
        (green, i) => i > 0 && green > middle !== (greens[i - 1] ?? 0) > middle,
      ).length
      return changes / 2 / (bar.width / (PERIOD_PX * Math.SQRT2))
    }

    it('claims a pod and draws its line', async () => {
      await visit()
      expect(await page.text(HEADLINE)).toContain(mock.held()?.alias)
      await page.untilText('#app p.under', /First reply \d/)
      await page.until(() =>
        /M.*L/.test(document.querySelector('.recharts-line-curve')?.getAttribute('d') ?? ''),
      )
    })

    it('keeps the pod over five reloads', async () => {
      await visit()
      const pod = mock.held()?.uid
      for (let reload = 0; reload < 5; reload++) {
        await driver.reload()
        await page.untilText(HEADLINE, HOLDS)
        // A request of the page before comes within this time, if it comes.
        await expectOnePod(pod)
      }
      expect(mock.calls).not.toContain('recover')
    })

    it('keeps its cold start over a reload', async () => {
      while (mock.cluster.takeWarm()) {}
      // The start stays at "scheduled" until the reloaded page has shown it.
      mock.cluster.options.startMs = 5_000_000
      await driver.open(mock.url)
      await page.untilText(HEADLINE, /you get a cold one/)
      await driver.reload()
      await page.untilText('#app p.under', /created · scheduling/)
      mock.cluster.options.startMs = 500
      await page.untilText(HEADLINE, HOLDS)
      await expectOnePod(mock.held()?.uid)
    })

    it('keeps its pod over a reload while the gateway is down', async () => {
      await visit()
      const pod = mock.held()?.uid
      mock.gatewayDown = true
      mock.cutSockets()
      await page.untilText(HEADLINE, /Reconnecting/)
      await driver.reload()
      await page.until(() => document.querySelector('h2.headline')?.textContent)
      mock.gatewayDown = false
      await page.untilText(HEADLINE, HOLDS)
      await expectOnePod(pod)
    })

    it('keeps its pod over a reload in a network that blocks WebSockets', async () => {
      mock.network = 'refuse'
      await driver.open(mock.url)
      await page.untilText(HEADLINE, /blocks WebSockets/)
      const pod = mock.held()?.uid
      await driver.reload()
      await page.untilText(HEADLINE, /blocks WebSockets/)
      mock.network = 'open'
      // Firefox delays a new WebSocket after failed ones by seconds, which can be longer than the page's deadline for a try.
      await page.until(() => {
        const buttons = [...document.querySelectorAll('button')]
        buttons.find(({ textContent }) => /^Try/.test(textContent))?.click()
        return /You hold/.test(document.querySelector('h2.headline')?.textContent ?? '')
      })
      await expectOnePod(pod)
    })

    it('keeps its pod over a reload while the page warns of the end of the lease', async () => {
      mock.cluster.options.leaseMs = 35_000
      await visit()
      const pod = mock.held()?.uid
      await page.untilText(HEADLINE, /Your pod ends in/)
      mock.cluster.options.leaseMs = 300_000
      await driver.reload()
      await page.untilText(HEADLINE, /You hold|Your pod ends in/)
      await expectOnePod(pod)
    })

    it('gets one pod for a reload while the page waits for the death of its pod', async () => {
      await visit()
      await terminate('Freeze')
      await page.untilText(HEADLINE, /You terminated/)
      await driver.reload()
      await page.untilText(HEADLINE, HOLDS)
      await expectOnePod(mock.held()?.uid)
    })

    it('gets one pod for a reload while a pod starts in place of a dead one', async () => {
      await visit()
      while (mock.cluster.takeWarm()) {}
      mock.cluster.options.startMs = 5_000_000
      await terminate('Crash')
      await page.untilText('#app', /created · scheduling/)
      await driver.reload()
      await page.untilText('#app', /created · scheduling/)
      mock.cluster.options.startMs = 500
      await page.untilText(HEADLINE, HOLDS)
      await expectOnePod(mock.held()?.uid)
      expect(mock.cluster.sessions()).toMatchObject([{ epoch: 2 }])
    })

    it('shows the heal after a reload while Kubernetes heals the pod', async () => {
      mock.cluster.options.backoffMs = 4_000
      await visit()
      await terminate('Crash', 'Wait for Kubernetes')
      await page.untilText(HEADLINE, /Waiting for Kubernetes to recreate/)
      await driver.reload()
      await page.untilText(HEADLINE, /Waiting for Kubernetes to recreate/)
      await page.untilText(HEADLINE, HOLDS)
      await page.untilText('#receipt', /The page was reloaded or offline meanwhile/)
      await expectOnePod(mock.held()?.uid)
    })

    it.for(['Delete', 'Crash', 'Freeze'])('fails over to a warm pod after a kill: %s', async (how) => {
      await visit()
      const first = mock.held()?.uid
      await terminate(how)
      await page.untilText(HEADLINE, /Back in .* You hold/)
      expect(mock.held()?.uid).not.toBe(first)
      await page.untilText('#app', /Three timelines of one kill/)
      await page.until(() => document.querySelectorAll('.recharts-line-curve').length === 2)
      const second = mock.held()?.uid
      await driver.reload()
      await page.untilText(HEADLINE, HOLDS)
      await expectOnePod(second)
    })

    it('waits until Kubernetes has healed the pod, and hatches its back-off', async () => {
      await visit()
      await terminate('Crash', 'Wait for Kubernetes')
      await page.untilText(HEADLINE, /Waiting for Kubernetes to recreate/)
      await page.untilText(HEADLINE, /Back in/)
      expect(await stripesAcross('.leg-idle')).toBeGreaterThan(0.5)
    })

    it('hatches the time until the page noticed that the pod was frozen', async () => {
      await visit()
      await terminate('Freeze')
      await page.untilText(HEADLINE, /Back in/)
      expect(await stripesAcross('.leg-hatched')).toBeGreaterThan(0.5)
    })

    it('goes on while the page is translated', async () => {
      await visit()
      await page.call(translateTexts, true)
      await page.click(/^Terminate/)
      await page.untilText(HEADLINE, /Back in/)
      expect(await page.text(HEADLINE)).toContain(mock.held()?.alias)
    })

    it('replays a recording from its link', async () => {
      await visit()
      await terminate('Crash')
      await page.untilText(HEADLINE, /Back in/)
      await page.call(() => {
        navigator.clipboard.writeText = async (text) => sessionStorage.setItem('link', text)
      })
      await page.click(/^Share this recording$/)
      const link = await page.until(() => sessionStorage.getItem('link'))
      // Another fragment of the same address would not load the page anew.
      await leave()
      await driver.open(link ?? '')
      await page.untilText(HEADLINE, /took over/)
      expect(await violations()).toEqual([])
      await driver.reload()
      await page.untilText(HEADLINE, /took over/)
      expect(mock.cluster.sessions()).toHaveLength(1)
    })

    // The window of a Firefox that BiDi drives is never active, so its elements get neither focus events nor a ring.
    const isActive = engine.name !== 'Firefox'
    it.runIf(isActive)(
      'chooses and rings a radio by a short press of an arrow key, and rings each element that Tab reaches',
      async () => {
        await visit()
        await page.until(() => document.querySelector('[type=radio]') !== null)
        /** Returns the value of the focused radio; empty unless it is selected and has a ring. */
        const focused = () =>
          page.call(() => {
            const { activeElement: element } = document
            const isSelected = element instanceof HTMLInputElement && element.checked
            return isSelected && getComputedStyle(element).outlineStyle === 'solid' ? element.value : ''
          })
        const hidden: string[] = []
        for (let i = 0; i < 60 && (await focused()) === ''; i++) {
          await page.press(KEYS.Tab)
          const stop = await page.call(stopInSight)
          hidden.push(...stop.hidden.map((reason) => `${stop.what}: ${reason}`))
        }
        expect(hidden).toEqual([])
        expect(await focused()).toBe('polite')
        for (const [key, value] of [
          [KEYS.ArrowRight, 'crash'],
          [KEYS.ArrowRight, 'freeze'],
          [KEYS.ArrowLeft, 'crash'],
        ] as const) {
          await page.press(key)
          expect(await focused()).toBe(value)
        }
        // A click has no ring, and the next key press has one again.
        await page.click(/^Delete$/)
        expect(await focused()).toBe('')
        await page.press(KEYS.ArrowRight)
        expect(await focused()).toBe('crash')
      },
    )

    it('causes no CORS preflight on another origin than the API', async () => {
      const { page: site, api } = await startElsewhere()
      try {
        await driver.open(site.url)
        await page.untilText(HEADLINE, HOLDS)
        expect(api.preflights, 'before the first pong').toBe(0)
        for (const how of ['Delete', 'Crash', 'Freeze']) {
          const before = api.held()?.uid
          await terminate(how)
          await page.until(
            (alias) => !document.querySelector('h2.headline')?.textContent?.includes(alias),
            api.held()?.alias ?? '',
          )
          await page.untilText(HEADLINE, /Back in/)
          expect(api.held()?.uid).not.toBe(before)
          expect(api.preflights, `from a kill (${how}) to the next pong`).toBe(0)
        }
        api.gatewayDown = true
        api.cutSockets()
        await page.untilText('#app p.under', /The gateway to the pods does not answer/)
        api.gatewayDown = false
        await page.untilText(HEADLINE, HOLDS)
        expect(api.preflights, 'with a check of the way to the pod').toBe(0)
        expect(api.calls).toEqual(expect.arrayContaining(['claim', 'connected', 'kill', 'recover', 'reach']))
        await leave()
      } finally {
        await api[Symbol.asyncDispose]()
        await site[Symbol.asyncDispose]()
      }
    })

    it('has no violation that axe finds, before, during and after a recovery', async () => {
      mock.cluster.options.backoffMs = 4_000
      await visit()
      expect(await violations()).toEqual([])
      await terminate('Crash', 'Wait for Kubernetes')
      await page.untilText(HEADLINE, /Waiting for Kubernetes to recreate/)
      expect(await violations()).toEqual([])
      await page.untilText('#app', /Three timelines of one kill/)
      expect(await violations()).toEqual([])
    })
  })
})
