import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commandOf } from '../src/supervisor/command-of.ts'
import { signalProcess } from '../src/supervisor/process-groups.ts'
import { startReaper } from '../src/supervisor/start-reaper.ts'
import { type PartChange, type PartOptions, startPart } from '../src/supervisor/supervisor.ts'
import { temporaryFolder, until } from './_util.ts'

interface Ready {
  readonly pid: number
  readonly port: number
}

const fileHere = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const readPids = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as number[]

async function world() {
  const folder = await temporaryFolder()
  const reaper = startReaper()
  const stopping = new AbortController()
  const changes: PartChange[] = []
  const pids = `${folder.path}/pids`
  return {
    pids,
    changes,
    start(settings: PartOptions<Ready>['settings'], policy: PartOptions<Ready>['policy'] = {}) {
      return startPart<Ready>({
        name: 'the part',
        program: fileHere('./_part.ts'),
        settings,
        env: {},
        log: `${folder.path}/part.log`,
        reaper,
        parse: (ready) => ready as Ready,
        onChange: (change) => changes.push(change),
        signal: stopping.signal,
        policy: { pauseMs: 1, ...policy },
      })
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await reaper.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('a part', () => {
  it('that is killed is started again, and what it had started is cleared away first', async () => {
    await using it = await world()
    const part = await it.start(() => ({ pids: it.pids, stubborn: true }))
    const [leader = 0, pod = 0] = readPids(it.pids)
    signalProcess(leader, 'SIGKILL')
    await until('its return', () => it.changes.some(({ kind }) => kind === 'back'))
    expect(it.changes[0]).toEqual({ kind: 'ended', name: 'the part', why: 'was killed (SIGKILL)' })
    expect(commandOf(pod)).toBeUndefined()
    expect(readPids(it.pids)[0]).not.toBe(leader)
    await part.stop(100)
  })

  it('is given what it said before: a port that it took stays its port', async () => {
    await using it = await world()
    const part = await it.start((last) => ({ port: last ? last.port + 1 : 7_000, pids: it.pids }))
    expect(part.ready.port).toBe(7_000)
    signalProcess(part.ready.pid, 'SIGKILL')
    await until('its return', () => it.changes.some(({ kind }) => kind === 'back'))
    const [pid = 0] = readPids(it.pids)
    expect(commandOf(pid)).toContain('7001')
    await part.stop(1_000)
  })

  it('that never comes up is given up, with its last words', async () => {
    await using it = await world()
    await expect(it.start(() => ({ fail: 'the disk is full' }), { endsAllowed: 2 })).rejects.toThrow(
      /the disk is full/,
    )
  })

  it('that says nothing is given up too, and is not left behind', async () => {
    await using it = await world()
    await expect(it.start(() => ({ silent: true }), { readyWithinMs: 300, endsAllowed: 0 })).rejects.toThrow(
      'was not ready within 0.3 s',
    )
  })

  it('that keeps dying is given up after the last allowed end', async () => {
    await using it = await world()
    await it.start(() => ({ pids: it.pids }), { endsAllowed: 2 })
    for (let ends = 1; ends <= 3; ends++) {
      signalProcess(readPids(it.pids)[0] ?? 0, 'SIGKILL')
      await until(`end ${ends}`, () => it.changes.filter(({ kind }) => kind !== 'ended').length === ends)
    }
    expect(it.changes.at(-1)).toMatchObject({ kind: 'given up', why: 'was killed (SIGKILL)' })
  })

  it('ends when it is stopped, with children that ignore SIGTERM', async () => {
    await using it = await world()
    const part = await it.start(() => ({ pids: it.pids, stubborn: true }))
    await part.stop(200)
    for (const pid of readPids(it.pids)) await until(`the end of ${pid}`, () => !commandOf(pid))
    expect(it.changes).toEqual([])
  })
})

describe('a starter that is gone', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'leaves nothing behind after %s, not even a child that is stopped and ignores SIGTERM',
    async (signal) => {
      await using folder = await temporaryFolder()
      const pidFile = `${folder.path}/pids`
      const starter = spawn(process.execPath, [fileHere('./_starter.ts'), pidFile, `${folder.path}/log`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await new Promise((up) => starter.stdout.once('data', up))
      const pids = readPids(pidFile)
      expect(pids.map(commandOf)).not.toContain(undefined)
      signalProcess(pids[1] ?? 0, 'SIGSTOP')
      starter.kill(signal)
      for (const pid of pids) await until(`the end of ${pid}`, () => !commandOf(pid))
    },
  )
})
