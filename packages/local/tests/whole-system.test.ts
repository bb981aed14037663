import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Pool, Session } from '@warm-pods/core/api/contracts.ts'
import { METRICS_PORT } from '@warm-pods/functions/kubernetes/job-manifest.ts'
import { describe, expect, it } from 'vitest'
import { pageKey } from '../src/cli/build-page.ts'
import { commandOf, parentOf } from '../src/supervisor/command-of.ts'
import { signalProcess } from '../src/supervisor/process-groups.ts'
import { type Folder, freePorts, temporaryFolder, until } from './_util.ts'

const START = fileURLToPath(new URL('./_start.ts', import.meta.url))
const TOP = fileURLToPath(new URL('../bin/top.js', import.meta.url))

interface TestRoot extends AsyncDisposable {
  readonly data: string
  start(): Promise<Started>
}

interface Started {
  readonly port: number
  readonly supervisor: ChildProcess
  readonly output: () => string
  readonly exited: Promise<number | null>
}

/** A temporary root with a built page, in which the system can be started several times. */
async function testRoot(): Promise<TestRoot> {
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
      const supervisor = spawn(process.execPath, [START, root, data, String(port)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      started.push(supervisor)
      let output = ''
      for (const stream of [supervisor.stdout, supervisor.stderr])
        stream.on('data', (chunk) => {
          output += chunk
        })
      const exited = new Promise<number | null>((resolve) => supervisor.once('exit', resolve))
      return { port, supervisor, exited, output: () => output }
    },
    async [Symbol.asyncDispose]() {
      const all = (await Promise.all(started.map(({ pid = 0 }) => below(pid)))).flat()
      for (const supervisor of started) supervisor.kill('SIGKILL')
      for (const { pid, command } of all) await until(`the end of ${command}`, () => !commandOf(pid))
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Resolves when the system is up. @throws an assertion error with the output when it does not start. */
async function ready({ output }: Started): Promise<void> {
  await until('the system to be up', () => /^(Open http|.*Warm Pods stops)/m.test(output())).catch(() => {})
  expect(output()).toMatch(/^Open http/m)
}

async function allProcesses(): Promise<{ pid: number; parent: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = pids.map((pid) => ({ pid, parent: parentOf(pid) ?? 0, command: commandOf(pid) ?? '' }))
  return found.filter(({ command }) => command !== '')
}

/** @returns every descendant of a process, with its command line. */
async function below(ancestor: number): Promise<{ pid: number; command: string }[]> {
  const all = await allProcesses()
  const children = (parent: number): { pid: number; command: string }[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...children(one.pid)])
  return children(ancestor)
}

/** Requests our own API. The caller names the contract of the response. */
async function api<T>(port: number, path: string, init?: RequestInit): Promise<{ status: number; body: T }> {
  const response = await fetch(`http://localhost:${port}/api${path}`, init)
  return { status: response.status, body: (await response.json()) as T }
}
/** Returns the output of `npm run top`, which is no terminal here. @throws Error with its message if it fails. */
async function top(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [TOP, ...args])
  return stdout
}
const claim = (port: number, secret: string) =>
  api<Session>(port, '/session', { method: 'POST', headers: { authorization: `Bearer ${secret}` } })

describe.skipIf(process.platform !== 'linux')('the whole system', { timeout: 120_000 }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves no process behind after %s, not even a frozen pod',
    async (signal) => {
      await using it = await testRoot()
      const system = await it.start()
      await ready(system)
      const processes = await below(system.supervisor.pid ?? 0)
      const pods = processes.filter(({ command }) => command.includes('packages/pod/'))
      expect(pods).toHaveLength(4)
      // The reaper, the database, Kubernetes, refill and the dev server.
      expect(processes.length - pods.length).toBe(5)
      signalProcess(pods[0]?.pid ?? 0, 'SIGSTOP')
      system.supervisor.kill(signal)
      const code = await system.exited
      if (signal !== 'SIGKILL') expect(code).toBe(0)
      for (const { pid, command } of processes) await until(`the end of ${command}`, () => !commandOf(pid))
    },
  )

  it('prints each step, then the address and the commands to try', async () => {
    await using it = await testRoot()
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
    const addresses = (await api<Pool>(system.port, '/pool')).body.slots.map(({ pod }) => pod?.ip)
    for (const address of addresses) {
      const metrics = await fetch(`http://${address}:${METRICS_PORT}/metrics`)
      expect(await metrics.text()).toContain('\nwarm_pods_sockets_open 0\n')
    }

    // The same start carries the test of `npm run top`, because a start takes seconds.
    const { body: session } = await claim(system.port, 'c'.repeat(43))
    const shown = await top('--data', it.data)
    expect(shown).toMatch(/^Warm Pods, npm start: [34] of 4 slots warm, 1 session\n/)
    expect(shown).toMatch(/^Refill: last run \d+ s ago, pool confirmed \d+ s ago/m)
    expect(shown).toMatch(
      new RegExp(`^ {2}${session.id.slice(0, 8)} +live +\\d+ s +1 +warm +${session.pod?.alias} `, 'm'),
    )
    expect(shown).toMatch(new RegExp(`^${session.pod?.name} +Running +yes +0 +\\d+ s `, 'm'))
    expect(shown).toMatch(/^Normal +\d+ s +\w+ +Pod warm-/m)
    expect(shown).not.toContain('\u001b')
    await until('the audit of the claim', async () =>
      /^\S+Z +claimed +epoch=1 source=warm /m.test(
        await top('--data', it.data, '--session', session.id.slice(0, 8)),
      ),
    )
  })

  it('refuses to start twice from one data folder', async () => {
    await using it = await testRoot()
    const first = await it.start()
    await ready(first)
    const second = await it.start()
    expect(await second.exited).toBe(1)
    expect(second.output()).toContain(`already runs from this folder, at http://localhost:${first.port}`)
    expect((await api(first.port, '/pool')).status).toBe(200)
  })

  it('restarts killed services, prints that, and fills the pool again', async () => {
    await using it = await testRoot()
    const system = await it.start()
    await ready(system)
    const find = async (what: string) =>
      (await below(system.supervisor.pid ?? 0)).filter(({ command }) => command.includes(what))
    const orphans = await find('packages/pod/')
    for (const service of ['dynamodb', 'refill', 'dev-server', 'kubernetes', 'reaper']) {
      const program = `/${service}.${service === 'reaper' ? 'sh' : 'ts'}`
      const [victim] = await find(program)
      const before = system.output().length
      signalProcess(victim?.pid ?? 0, 'SIGKILL')
      await until(`another ${service}`, async () => {
        const [now] = await find(program)
        return now && now.pid !== victim?.pid
      })
      if (service === 'reaper') continue
      await until(`the message about the restart of ${service}`, () =>
        system.output().slice(before).includes('is back after'),
      )
      expect(system.output().slice(before)).toContain('was killed (SIGKILL). Restarting it.')
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

  it('keeps its sessions over a restart, and shows and claims no pod of the last start', async () => {
    await using it = await testRoot()
    const secret = 'a'.repeat(43)
    const first = await it.start()
    await ready(first)
    const claimed = await claim(first.port, secret)
    expect(claimed.status).toBe(201)
    const warmNames = ({ slots }: Pool) =>
      slots.flatMap(({ state, pod }) => (state === 'warm' && pod ? [pod.name] : []))
    const remembered = warmNames((await api<Pool>(first.port, '/pool')).body)
    expect(remembered.length).toBeGreaterThan(0)
    first.supervisor.kill('SIGKILL')
    await first.exited

    const second = await it.start()
    const answer = await until('the first answer of the API', () =>
      api<Pool>(second.port, '/pool').catch(() => undefined),
    )
    const early = await claim(second.port, 'b'.repeat(43))
    const shown = [...warmNames(answer.body), early.body.pod?.name]
    expect(shown.filter((name) => name !== undefined && remembered.includes(name))).toEqual([])
    await ready(second)
    expect(second.output()).toContain('with the tables of the last start')
    const known = await api<Session>(second.port, `/session/${claimed.body.id}`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    expect(known.status).toBe(200)
    expect(known.body.pod?.name).not.toBe(claimed.body.pod?.name)
    const pool = await until('a full pool', async (): Promise<Pool | undefined> => {
      const { body } = await api<Pool>(second.port, '/pool')
      return body.slots.every(({ state }) => state === 'warm') ? body : undefined
    })
    expect(pool.slots).toHaveLength(4)
  })
})
