import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MockServer } from '../_mock-server.ts'
import { translateTexts } from '../_translate.ts'
import type { Driver } from './_driver.ts'
import { ENGINES } from './_engines.ts'
import { EnginePage } from './_page.ts'
import { startServer } from './_server.ts'

const HEADLINE = 'h2.headline'
const HOLDS = /You hold/
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
      const picture = await driver.screenshot()
      // An empty page has no policy that keeps it from reading the picture.
      await leave()
      const changes = await page.call(
        async (png, { x, y, width, height }) => {
          const image = new Image()
          image.src = `data:image/png;base64,${png}`
          await image.decode()
          const canvas = document.createElement('canvas')
          Object.assign(canvas, { width: image.width, height: image.height })
          const context = canvas.getContext('2d')
          context?.drawImage(image, 0, 0)
          const { data } = context?.getImageData(x, y + height / 2, width, 1) ?? { data: [] }
          const greens = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 1] ?? 0)
          const middle = (Math.max(...greens) + Math.min(...greens)) / 2
          return greens.filter((green, i) => i > 0 && green > middle !== (greens[i - 1] ?? 0) > middle).length
        },
        picture,
        bar,
      )
      return changes / 2 / (bar.width / (PERIOD_PX * Math.SQRT2))
    }

    it('claims a pod and draws its line', async () => {
      await visit()
      expect(await page.text(HEADLINE)).toContain(mock.held()?.alias)
      await page.untilText('#app p.under', /First pong \d/)
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
        await page.untilText('#app', /[1-9]\d* of \d+ due pings answered/)
        expect(mock.held()?.uid).toBe(pod)
      }
      expect(mock.calls).not.toContain('recover')
      expect(mock.cluster.sessions()).toHaveLength(1)
    })

    it('gets one pod for a reload while the page waits for the death of its pod', async () => {
      await visit()
      await terminate('Freeze')
      await page.untilText(HEADLINE, /You terminated/)
      await driver.reload()
      await page.untilText(HEADLINE, HOLDS)
      await page.untilText('#app', /[1-9]\d* of \d+ due pings answered/)
      expect(mock.cluster.sessions()).toHaveLength(1)
    })

    it('shows the heal after a reload while Kubernetes heals the pod', async () => {
      mock.cluster.options.backoffMs = 4_000
      await visit()
      await terminate('Crash', 'Wait for Kubernetes')
      await page.untilText(HEADLINE, /Waiting for Kubernetes to recreate/)
      await driver.reload()
      await page.untilText(HEADLINE, /Kubernetes is recreating your pod/)
      await page.untilText(HEADLINE, HOLDS)
      expect(mock.cluster.sessions()).toHaveLength(1)
    })

    it.for(['Delete', 'Crash', 'Freeze'])('fails over to a warm pod after a kill: %s', async (how) => {
      await visit()
      const first = mock.held()?.uid
      await terminate(how)
      await page.untilText(HEADLINE, /Back in .* You hold/)
      expect(mock.held()?.uid).not.toBe(first)
      await page.untilText('#app', /Three timelines of one kill/)
      await page.until(() => document.querySelectorAll('.recharts-line-curve').length === 2)
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
    })

    it('has no violation that axe finds, before and after a kill', async () => {
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
      const violations = async () => {
        await driver.evaluate(`(() => { ${axe} })()`)
        return driver.evaluate(
          `axe.run().then(({ violations }) => violations.map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes.map(({ target }) => target)))`,
        )
      }
      await visit()
      expect(await violations()).toEqual([])
      await terminate('Crash')
      await page.untilText('#app', /Three timelines of one kill/)
      expect(await violations()).toEqual([])
    })
  })
})
