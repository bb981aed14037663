import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Driver, type Engine, START_MS } from './_driver.ts'

const PLACES = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
]

/** A request that takes longer has failed, ms. */
const REQUEST_MS = 60_000

/** Firefox over WebDriver BiDi, which it serves itself. `FIREFOX_PATH` names another binary than the usual places. */
export const firefox: Engine = {
  name: 'Firefox',
  install: 'apt-get install firefox-esr, or FIREFOX_PATH=<binary>',
  isInstalled: () => find() !== undefined,
  start,
}

function find(): string | undefined {
  const given = process.env['FIREFOX_PATH']
  return (given ? [given] : PLACES).find((place) => existsSync(place))
}

async function start(): Promise<Driver> {
  const binary = find()
  if (!binary) throw new Error('Firefox is not installed.')
  const profile = await mkdtemp(join(tmpdir(), 'warm-pods-firefox-'))
  // The remote agent sets the other preferences for automation itself.
  await writeFile(
    join(profile, 'user.js'),
    'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n',
  )
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0']
  const child = spawn(binary, [...args, '--width', '1280', '--height', '900', 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const bidi = await connect(`${await listeningUrl(child)}/session`)
    return await driverOf(bidi, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

/** Firefox prints its address when it listens. @throws Error with its output if it does not. */
async function listeningUrl(child: ChildProcess): Promise<string> {
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS)
  const output: string[] = []
  try {
    if (child.stderr)
      for await (const line of createInterface({ input: child.stderr })) {
        const url = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1]
        if (url) return url
        output.push(line)
      }
  } finally {
    clearTimeout(timer)
    // Output that nothing reads would block Firefox.
    child.stderr?.resume()
  }
  throw new Error(`Firefox did not start:\n${output.join('\n')}`)
}

/** Sends a command and returns its result. @throws Error with Firefox's message. */
type Send = (method: string, params: object) => Promise<Readonly<Record<string, unknown>>>

async function connect(url: string): Promise<Send> {
  const socket = new WebSocket(url)
  const pending = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>()
  let count = 0
  socket.onmessage = ({ data }) => {
    const { id, type, result, error, message } = JSON.parse(String(data))
    const request = pending.get(id)
    pending.delete(id)
    if (type === 'success') request?.resolve(result)
    else request?.reject(new Error(`${error}: ${message}`))
  }
  socket.onclose = () => {
    for (const { reject } of pending.values()) reject(new Error('Firefox closed the connection.'))
  }
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error(`Firefox took no connection at ${url}.`))
  })
  return async (method, params) => {
    const request = Promise.withResolvers<Readonly<Record<string, unknown>>>()
    const id = ++count
    pending.set(id, request)
    const timer = setTimeout(
      () => request.reject(new Error(`${method} took over ${REQUEST_MS} ms.`)),
      REQUEST_MS,
    )
    socket.send(JSON.stringify({ id, method, params }))
    return request.promise.finally(() => clearTimeout(timer))
  }
}

async function driverOf(send: Send, stop: () => Promise<void>): Promise<Driver> {
  await send('session.new', { capabilities: {} })
  const { contexts } = (await send('browsingContext.getTree', {})) as { contexts: { context: string }[] }
  const context = contexts[0]?.context
  await send('browsingContext.setViewport', { context, viewport: { width: 1280, height: 900 } })
  return {
    async open(url) {
      await send('browsingContext.navigate', { context, url, wait: 'complete' })
    },
    async reload() {
      await send('browsingContext.reload', { context, wait: 'complete' })
    },
    async evaluate(expression) {
      const answer = (await send('script.evaluate', {
        // As text, because BiDi has a serialization of its own.
        expression: `(async () => JSON.stringify(await (${expression})) ?? 'null')()`,
        target: { context },
        awaitPromise: true,
        userActivation: true,
      })) as
        | { type: 'success'; result: { value: string } }
        | { type: 'exception'; exceptionDetails: { text: string } }
      if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text)
      return JSON.parse(answer.result.value)
    },
    async perform(actions) {
      await send('input.performActions', { context, actions })
      await send('input.releaseActions', { context })
    },
    async screenshot() {
      const { data } = (await send('browsingContext.captureScreenshot', { context })) as { data: string }
      return data
    },
    [Symbol.asyncDispose]: stop,
  }
}
