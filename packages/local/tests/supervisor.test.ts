import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commandOf } from '../src/supervisor/command-of.ts'
import { signalProcess } from '../src/supervisor/process-groups.ts'
import { startReaper } from '../src/supervisor/start-reaper.ts'
import { type ServiceChange, type ServiceOptions, superviseService } from '../src/supervisor/supervisor.ts'
import { temporaryFolder, until } from './_util.ts'

interface Ready {
  readonly pid: number
  readonly port: number
}

const fileHere = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const readPids = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as number[]

async function testSupervisor() {
  const folder = await temporaryFolder()
  const reaper = startReaper()
  const stopping = new AbortController()
  const changes: ServiceChange[] = []
  const pids = `${folder.path}/pids`
  return {
    pids,
    changes,
    start(
      settings: ServiceOptions<Ready>['settings'],
      policy: ServiceOptions<Ready>['policy'] = {},
      log = `${folder.path}/service.log`,
      nodeFlags: readonly string[] = [],
    ) {
      return superviseService<Ready>({
        name: 'the service',
        program: fileHere('./_service.ts'),
        settings,
        env: {},
        log,
        nodeFlags,
        reaper,
        parse: (ready) => ready as Ready,
        onChange: (change) => changes.push(change),
        signal: stopping.signal,
        policy: { backoffMs: 1, ...policy },
      })
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await reaper.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('a supervised service', () => {
  it('is restarted when it is killed, after its children have been ended', async () => {
    await using it = await testSupervisor()
    const service = await it.start(() => ({ pids: it.pids, stubborn: true }))
    const [leader = 0, pod = 0] = readPids(it.pids)
    signalProcess(leader, 'SIGKILL')
    await until('the restart', () => it.changes.some(({ kind }) => kind === 'restarted'))
    expect(it.changes[0]).toEqual({ kind: 'exited', name: 'the service', why: 'was killed (SIGKILL)' })
    expect(commandOf(pod)).toBeUndefined()
    expect(readPids(it.pids)[0]).not.toBe(leader)
    await service.stop(100)
  })

  it('gets its last ready message on a restart, so that it can keep its port', async () => {
    await using it = await testSupervisor()
    const service = await it.start((last) => ({ port: last ? last.port + 1 : 7_000, pids: it.pids }))
    expect(service.ready.port).toBe(7_000)
    signalProcess(service.ready.pid, 'SIGKILL')
    await until('the restart', () => it.changes.some(({ kind }) => kind === 'restarted'))
    const [pid = 0] = readPids(it.pids)
    expect(commandOf(pid)).toContain('7001')
    await service.stop(1_000)
  })

  it('runs with its Node flags, also after a restart', async () => {
    await using it = await testSupervisor()
    const nodeFlags = ['--max-semi-space-size=2', '--max-old-space-size=99']
    const service = await it.start(() => ({ pids: it.pids }), {}, undefined, nodeFlags)
    expect(commandOf(service.ready.pid)).toContain(nodeFlags.join(' '))
    signalProcess(service.ready.pid, 'SIGKILL')
    await until('the restart', () => it.changes.some(({ kind }) => kind === 'restarted'))
    expect(commandOf(readPids(it.pids)[0] ?? 0)).toContain(nodeFlags.join(' '))
    await service.stop(100)
  })

  it('is given up with the last error of its log when it never starts', async () => {
    await using it = await testSupervisor()
    await expect(it.start(() => ({ fail: 'the disk is full' }), { failuresAllowed: 2 })).rejects.toThrow(
      /the disk is full/,
    )
  })

  it('is given up with its own error when its log has nothing', async () => {
    await using it = await testSupervisor()
    const started = it.start(() => ({ fail: 'the disk is full' }), { failuresAllowed: 0 }, '/dev/null')
    await expect(started).rejects.toThrow('failed to start: the disk is full')
  })

  it('is given up with the error and the cause that ended it after it was ready', async () => {
    await using it = await testSupervisor()
    await it.start(() => ({ failLater: 'the write failed' }), { failuresAllowed: 1 }, '/dev/null')
    await until('the end', () => it.changes.some(({ kind }) => kind === 'given up'))
    const why = 'exited with code 1: the write failed: ENOSPC: no space left on device'
    expect(it.changes[0]).toEqual({ kind: 'exited', name: 'the service', why })
    expect(it.changes.at(-1)).toMatchObject({ kind: 'given up', why })
  })

  it('is given up and ended when it never reports readiness', async () => {
    await using it = await testSupervisor()
    await expect(
      it.start(() => ({ silent: true }), { readyWithinMs: 300, failuresAllowed: 0 }),
    ).rejects.toThrow('was not ready within 0.3 s')
  })

  it('is given up after more exits than the policy allows', async () => {
    await using it = await testSupervisor()
    await it.start(() => ({ pids: it.pids }), { failuresAllowed: 2 })
    for (let exits = 1; exits <= 3; exits++) {
      signalProcess(readPids(it.pids)[0] ?? 0, 'SIGKILL')
      await until(`exit ${exits}`, () => it.changes.filter(({ kind }) => kind !== 'exited').length === exits)
    }
    expect(it.changes.at(-1)).toMatchObject({ kind: 'given up', why: 'was killed (SIGKILL)' })
  })

  it('ends together with children that ignore SIGTERM when it is stopped', async () => {
    await using it = await testSupervisor()
    const service = await it.start(() => ({ pids: it.pids, stubborn: true }))
    await service.stop(200)
    for (const pid of readPids(it.pids)) await until(`the end of ${pid}`, () => !commandOf(pid))
    expect(it.changes).toEqual([])
  })
})

describe('the reaper', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'ends every service after %s of the parent, and a child that is stopped and ignores SIGTERM',
    async (signal) => {
      await using folder = await temporaryFolder()
      const pidFile = `${folder.path}/pids`
      const parent = spawn(process.execPath, [fileHere('./_supervisor.ts'), pidFile, `${folder.path}/log`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await new Promise((up) => parent.stdout.once('data', up))
      const pids = readPids(pidFile)
      expect(pids.map(commandOf)).not.toContain(undefined)
      signalProcess(pids[1] ?? 0, 'SIGSTOP')
      parent.kill(signal)
      for (const pid of pids) await until(`the end of ${pid}`, () => !commandOf(pid))
    },
  )
})
