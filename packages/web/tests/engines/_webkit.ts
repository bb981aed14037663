import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Driver, type Engine, START_MS } from './_driver.ts'
import { freePort } from './_server.ts'

const DRIVER = '/usr/bin/WebKitWebDriver'
const XVFB = '/usr/bin/Xvfb'
const BROWSERS = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((machine) =>
  ['4.1', '6.0', '4.0'].flatMap((version) =>
    [`webkit2gtk-${version}`, `webkitgtk-${version}`].map(
      (name) => `/usr/lib/${machine}/${name}/MiniBrowser`,
    ),
  ),
)

/** A request that takes longer has failed, ms. */
const REQUEST_MS = 90_000

/** WebKitGTK over WebDriver, on a virtual screen. */
export const webkit: Engine = {
  name: 'WebKit',
  install: 'apt-get install webkit2gtk-driver xvfb',
  isInstalled: () => existsSync(DRIVER) && existsSync(XVFB) && find() !== undefined,
  start,
}

function find(): string | undefined {
  return BROWSERS.find((place) => existsSync(place))
}

async function start(): Promise<Driver> {
  const binary = find()
  if (!binary) throw new Error('WebKit is not installed.')
  const screen = await startScreen()
  const port = await freePort()
  const child = spawn(DRIVER, [`--port=${port}`], {
    // A group of its own, because the driver leaves the browser's processes behind.
    detached: true,
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: `:${screen.display}`,
      GDK_BACKEND: 'x11',
      // There is no GPU on a virtual screen.
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
      // No session bus, so that accessibility does not wait for one.
      NO_AT_BRIDGE: '1',
    },
  })
  const stop = async () => {
    endGroup(child, 'SIGKILL')
    // Killed, it would leave its lock and its socket in /tmp.
    endGroup(screen.child, 'SIGTERM')
  }
  try {
    const root = `http://127.0.0.1:${port}`
    await untilReady(root)
    const { sessionId } = (await request('POST', `${root}/session`, {
      capabilities: {
        alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } },
      },
    })) as { sessionId: string }
    return await driverOf(`${root}/session/${sessionId}`, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

function endGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended already.
  }
}

/** Starts an X server, which chooses the number of its display itself. */
async function startScreen(): Promise<{ child: ChildProcess; display: string }> {
  const args = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp']
  const child = spawn(XVFB, args, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const pipe = child.stdio[3] as Readable
  const display = await new Promise<string>((resolve, reject) => {
    let text = ''
    const fail = () => reject(new Error('Xvfb did not start.'))
    pipe.on('data', (bytes) => {
      text += bytes
      if (text.endsWith('\n')) resolve(text.trim())
    })
    child.once('error', fail)
    child.once('exit', fail)
  })
  return { child, display }
}

async function untilReady(root: string): Promise<void> {
  const untilMs = performance.now() + START_MS
  for (;;) {
    try {
      await request('GET', `${root}/status`)
      return
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await sleep(100)
    }
  }
}

/** Sends a command and returns its value. @throws Error with the driver's message. */
async function request(method: 'GET' | 'POST' | 'DELETE', url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(REQUEST_MS),
    ...(body && { body: JSON.stringify(body) }),
  })
  const { value } = (await response.json()) as { value: { error?: string; message?: string } | null }
  if (!response.ok) throw new Error(`${value?.error}: ${value?.message}`)
  return value
}

async function driverOf(session: string, stop: () => Promise<void>): Promise<Driver> {
  await request('POST', `${session}/timeouts`, { script: 60_000, pageLoad: 60_000 })
  await request('POST', `${session}/window/rect`, { x: 0, y: 0, width: 1280, height: 1000 })
  return {
    async open(url) {
      await request('POST', `${session}/url`, { url })
    },
    async reload() {
      await request('POST', `${session}/refresh`, {})
    },
    async evaluate(expression) {
      const script = `
        const done = arguments[arguments.length - 1]
        const run = async () => JSON.stringify(await (${expression})) ?? 'null'
        run().then((json) => done({ json }), (error) => done({ error: String(error) }))`
      const answer = (await request('POST', `${session}/execute/async`, { script, args: [] })) as {
        json?: string
        error?: string
      }
      if (answer.json === undefined) throw new Error(answer.error)
      return JSON.parse(answer.json)
    },
    async perform(actions) {
      await request('POST', `${session}/actions`, { actions })
      await request('DELETE', `${session}/actions`)
    },
    async screenshot() {
      return (await request('GET', `${session}/screenshot`)) as string
    },
    async [Symbol.asyncDispose]() {
      // The browser runs in a group of its own, so the driver has to end it.
      await request('DELETE', session).catch(() => {})
      await stop()
    },
  }
}
