/** Chromium that opens a page without an inspector, and lets Playwright attach later. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { findBrowser } from '../../../../scripts/browser.ts'

export interface FarBrowser extends AsyncDisposable {
  /**
   * Opens a tab, after `detach`. No inspector is attached, because V8 compiles each script again for the inspector's stack traces. That took
   * 65 of the 80 ms of the page's evaluation.
   * @returns Playwright's page, once `isOpen` resolves.
   */
  open(url: string, isOpen: () => Promise<void>): Promise<Page>
  /** Detaches Playwright, so that the next tab has no inspector either. */
  detach(): Promise<void>
}

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--window-size=1280,800',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--remote-debugging-port=0',
]

/** Starts it with an empty profile. @param spki the base64 SHA-256 of a public key that it accepts without an authority. */
export async function startFarBrowser(spki: string): Promise<FarBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'warm-pods-far-profile-'))
  const child = spawn(
    findBrowser() ?? chromium.executablePath(),
    [...ARGS, `--ignore-certificate-errors-spki-list=${spki}`, `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(child, 'exit')
  const port = await new Promise<number>((resolve, reject) => {
    let output = ''
    child.stderr.on('data', (text) => {
      output += text
      const [, found] = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(output) ?? []
      if (found) resolve(Number(found))
    })
    child.once('exit', () => reject(new Error(`Chromium ended:\n${output}`)))
    child.once('error', reject)
  })
  const inspector = `http://127.0.0.1:${port}`
  let attached: Awaited<ReturnType<typeof chromium.connectOverCDP>> | undefined
  const detach = async () => {
    await attached?.close()
    attached = undefined
  }
  return {
    async open(url, isOpen) {
      // https://chromedevtools.github.io/devtools-protocol/#put-jsonnewurl
      const answer = await fetch(`${inspector}/json/new?${url}`, { method: 'PUT' })
      if (!answer.ok) throw new Error(`Chromium opened no tab: ${answer.status}`)
      await isOpen()
      attached = await chromium.connectOverCDP(inspector)
      const page = attached
        .contexts()
        .flatMap((context) => context.pages())
        .find((candidate) => candidate.url().startsWith(url))
      if (!page) throw new Error(`No tab has ${url}.`)
      return page
    },
    detach,
    async [Symbol.asyncDispose]() {
      await detach()
      child.kill('SIGTERM')
      await ended
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
