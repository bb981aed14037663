import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Pool, Session } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { pageKey } from '../src/cli/build-page.ts'
import { commandOf, parentOf } from '../src/supervisor/command-of.ts'
import { signalProcess } from '../src/supervisor/process-groups.ts'
import { type Folder, freePorts, temporaryFolder, until } from './_util.ts'

const START = fileURLToPath(new URL('./_start.ts', import.meta.url))

interface Machine extends AsyncDisposable {
  readonly data: string
  start(): Promise<Started>
}

interface Started {
  readonly port: number
  readonly starter: ChildProcess
  readonly output: () => string
  readonly exited: Promise<number | null>
}

/** A folder with a page, in which the system can be started again and again. */
async function machine(): Promise<Machine> {
  const folder: Folder = await temporaryFolder()
  const { path: root } = folder
  const dist = `${root}/packages/web/dist`
  await mkdir(dist, { recursive: true })
  await writeFile(`${dist}/index.html`, '<!doctype html>the page')
  await writeFile(`${dist}/.built-from`, await pageKey(root))
  const data = `${root}/.local`
  const started: ChildProcess[] = []
  return {
    data,
    async start() {
      const port = await freePorts()
      const starter = spawn(process.execPath, [START, root, data, String(port)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      started.push(starter)
      let output = ''
      for (const stream of [starter.stdout, starter.stderr])
        stream.on('data', (chunk) => {
          output += chunk
        })
      const exited = new Promise<number | null>((resolve) => starter.once('exit', resolve))
      return { port, starter, exited, output: () => output }
    },
    async [Symbol.asyncDispose]() {
      const all = (await Promise.all(started.map(({ pid = 0 }) => below(pid)))).flat()
      for (const starter of started) starter.kill('SIGKILL')
      for (const { pid, command } of all) await until(`the end of ${command}`, () => !commandOf(pid))
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** @throws with what it printed, when it does not come up. */
async function ready({ output }: Started): Promise<void> {
  await until('the system to be up', () => /^(Open http|.*everything ends)/m.test(output())).catch(() => {})
  expect(output()).toMatch(/^Open http/m)
}

async function allProcesses(): Promise<{ pid: number; parent: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = pids.map((pid) => ({ pid, parent: parentOf(pid) ?? 0, command: commandOf(pid) ?? '' }))
  return found.filter(({ command }) => command !== '')
}

/** Every process below one, with what it runs. */
async function below(ancestor: number): Promise<{ pid: number; command: string }[]> {
  const all = await allProcesses()
  const children = (parent: number): { pid: number; command: string }[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...children(one.pid)])
  return children(ancestor)
}

/** Our own API: the caller knows which contract it answers with. */
async function api<T>(port: number, path: string, init?: RequestInit): Promise<{ status: number; body: T }> {
  const answer = await fetch(`http://localhost:${port}/api${path}`, init)
  return { status: answer.status, body: (await answer.json()) as T }
}
const claim = (port: number, secret: string) =>
  api<Session>(port, '/session', { method: 'POST', headers: { authorization: `Bearer ${secret}` } })

describe.skipIf(process.platform !== 'linux')('the whole system', { timeout: 120_000 }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves no process behind after %s, pods and a frozen pod included',
    async (signal) => {
      await using it = await machine()
      const system = await it.start()
      await ready(system)
      const processes = await below(system.starter.pid ?? 0)
      const pods = processes.filter(({ command }) => command.includes('packages/pod/'))
      expect(pods).toHaveLength(4)
      // The reaper, the database, Kubernetes, refill and the site.
      expect(processes.length - pods.length).toBe(5)
      signalProcess(pods[0]?.pid ?? 0, 'SIGSTOP')
      system.starter.kill(signal)
      const code = await system.exited
      if (signal !== 'SIGKILL') expect(code).toBe(0)
      for (const { pid, command } of processes) await until(`the end of ${command}`, () => !commandOf(pid))
    },
  )

  it('shows what it does, and ends with the address and what to try', async () => {
    await using it = await machine()
    const system = await it.start()
    await ready(system)
    const output = system.output()
    for (const step of ['database', 'Kubernetes', 'site', 'page', 'pool'])
      expect(output).toMatch(new RegExp(`\\d\\.\\d s {2}✓ ${step}`))
    expect(output).toContain('4 of 4 pods warm')
    expect(output).toContain(`Open http://localhost:${system.port} `)
    expect(output).toContain('kubectl --kubeconfig .local/kubeconfig get pods')
    expect(output).toContain('npm run console')
    expect(output).not.toContain('\u001b[')
    const page = await fetch(`http://localhost:${system.port}/`)
    expect(await page.text()).toBe('<!doctype html>the page')
  })

  it('says so when it runs from this folder already', async () => {
    await using it = await machine()
    const first = await it.start()
    await ready(first)
    const second = await it.start()
    expect(await second.exited).toBe(1)
    expect(second.output()).toContain(`already runs from this folder, at http://localhost:${first.port}`)
    expect((await api(first.port, '/pool')).status).toBe(200)
  })

  it('starts again what is killed, says so, and the pool becomes whole', async () => {
    await using it = await machine()
    const system = await it.start()
    await ready(system)
    const find = async (what: string) =>
      (await below(system.starter.pid ?? 0)).filter(({ command }) => command.includes(what))
    const orphans = await find('packages/pod/')
    for (const part of ['dynamodb', 'refill', 'dev-server', 'kubernetes', 'reaper']) {
      const [victim] = await find(`/${part}.ts`)
      const before = system.output().length
      signalProcess(victim?.pid ?? 0, 'SIGKILL')
      await until(`another ${part}`, async () => {
        const [now] = await find(`/${part}.ts`)
        return now && now.pid !== victim?.pid
      })
      if (part === 'reaper') continue
      await until(`the word of ${part}’s return`, () =>
        system.output().slice(before).includes('is back after'),
      )
      expect(system.output().slice(before)).toContain('was killed (SIGKILL); starting it again.')
    }
    for (const { pid } of orphans) expect(commandOf(pid)).toBeUndefined()
    await until('four new pods, warm', async () => {
      const { body } = await api<Pool>(system.port, '/pool')
      const names = body.slots.map(({ pod }) => pod?.name ?? '')
      const warm = body.slots.every(({ state }) => state === 'warm')
      return warm && names.every(Boolean) && (await find('packages/pod/')).length === 4
    })
    const secret = 'b'.repeat(43)
    expect((await claim(system.port, secret)).status).toBe(201)
  })

  it('finds its sessions again after a restart, and a pool without a row too many', async () => {
    await using it = await machine()
    const secret = 'a'.repeat(43)
    const first = await it.start()
    await ready(first)
    const claimed = await claim(first.port, secret)
    expect(claimed.status).toBe(201)
    first.starter.kill('SIGKILL')
    await first.exited

    const second = await it.start()
    await ready(second)
    expect(second.output()).toContain('tables kept from last time')
    const known = await api(second.port, `/session/${claimed.body.id}`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    expect(known.status).toBe(200)
    const pool = await until('a whole pool', async (): Promise<Pool | undefined> => {
      const { body } = await api<Pool>(second.port, '/pool')
      return body.slots.every(({ state }) => state === 'warm') ? body : undefined
    })
    expect(pool.slots).toHaveLength(4)
  })
})
