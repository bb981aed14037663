import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandOf, startTimeOf } from '../../supervisor/command-of.ts'
import { findInstance, lockFolder } from './instance-file.ts'

const PORT = 4_321
let data: string
let file: string

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'warm-pods-instance-'))
  file = join(data, 'running.json')
})
afterEach(() => rmSync(data, { recursive: true }))

/** Starts another process with a command line that contains "start", as every process of `npm start` has. */
async function startOther() {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'start'])
  await once(other, 'spawn')
  return {
    pid: other.pid ?? 0,
    async [Symbol.asyncDispose]() {
      other.kill('SIGKILL')
      await once(other, 'exit')
    },
  }
}

const record = (instance: object) => writeFileSync(file, JSON.stringify(instance))
const lock = () => lockFolder(data, PORT)

describe('the lock of a data folder', () => {
  it('is held by a running process that started when the file says', async () => {
    await using other = await startOther()
    const instance = { pid: other.pid, port: PORT, started: startTimeOf(other.pid) }
    record(instance)
    expect(lock()).toEqual({ ok: false, heldBy: instance })
  })

  it('is free when another process got the recorded process id', async () => {
    await using other = await startOther()
    record({ pid: other.pid, port: PORT, started: 'at another time' })
    expect(findInstance(data)).toBeUndefined()
    expect(lock()).toMatchObject({ ok: true, afterCrash: true })
  })

  it.each([
    ['this version', { started: 'at another time' }],
    ['an earlier version', {}],
  ])('is free when this process got the process id in a file of %s', (_version, started) => {
    process.title = 'start'
    record({ pid: process.pid, port: PORT, ...started })
    expect(commandOf(process.pid)).toBeDefined()
    expect(lock()).toMatchObject({ ok: true, afterCrash: true })
  })

  it('is held by a running `npm start` of an earlier version, which recorded no start time', async () => {
    await using other = await startOther()
    record({ pid: other.pid, port: PORT })
    expect(lock()).toEqual({ ok: false, heldBy: { pid: other.pid, port: PORT } })
  })

  it('records the start time of this process', () => {
    lock()
    const instance = { pid: process.pid, port: PORT, started: startTimeOf(process.pid) }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(instance)
    expect(instance.started).toMatch(/\d/)
  })
})
