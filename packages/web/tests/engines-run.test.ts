import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { runAndClear } from './engines/_run.ts'

const folder = mkdtempSync(join(tmpdir(), 'warm-pods-run-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The shell writes the ids of its children here: one in its process group, one in a session of its own. */
const file = join(folder, 'pids')
const LEAVE_TWO = `sleep 600 & echo $! >> ${file}; setsid sleep 600 & echo $! >> ${file}`

const pids = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [])
const isAlive = (pid: string): boolean =>
  !/^(Z|)$/.test(spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim().slice(0, 1))

describe.skipIf(process.platform !== 'linux')('a run of the tests in other engines', () => {
  beforeEach(() => rmSync(file, { force: true }))

  it.for([0, 3])('kills the processes that a command left which exits with %i', async (code) => {
    const never = new AbortController().signal
    expect(await runAndClear('sh', ['-c', `${LEAVE_TWO}; exit ${code}`], never)).toBe(code)
    expect(pids()).toHaveLength(2)
    expect(pids().filter(isAlive)).toEqual([])
  })

  it('kills the command and its processes when it is aborted', async () => {
    const controller = new AbortController()
    const run = runAndClear('sh', ['-c', `${LEAVE_TWO}; wait`], controller.signal)
    await expect.poll(() => pids()).toHaveLength(2)
    controller.abort()
    expect(await run).toBe(1)
    expect(pids().filter(isAlive)).toEqual([])
  })

  it('asks a process to end before it kills it, so that Xvfb removes its lock', async () => {
    const ended = join(folder, 'ended')
    const stubborn = `trap '' TERM; echo $$ >> ${file}; while :; do sleep 1; done`
    // The shell writes the file itself: `touch` would be a process of the run, and could be ended before it has written.
    const orderly = `trap ': > ${ended}; exit' TERM; echo $$ >> ${file}; while :; do sleep 0.05; done`
    // The file exists first: the loop would end at once without it.
    const script = `: >> ${file}; setsid sh -c "$1" & setsid sh -c "$2" & while [ "$(wc -l < ${file})" -lt 2 ]; do sleep 0.05; done`
    const never = new AbortController().signal
    await runAndClear('sh', ['-c', script, 'sh', stubborn, orderly], never)
    expect(existsSync(ended)).toBe(true)
    expect(pids()).toHaveLength(2)
    expect(pids().filter(isAlive)).toEqual([])
  })

  it.each(['ends', 'is aborted'])('deletes the temporary files of a command that %s', async (how) => {
    const controller = new AbortController()
    const keep = how === 'ends' ? '' : '; sleep 600'
    const run = runAndClear('sh', ['-c', `mktemp -d >> ${file}${keep}`], controller.signal)
    await expect.poll(() => pids()).toHaveLength(1)
    if (how === 'is aborted') controller.abort()
    await run
    expect(pids().filter((profile) => existsSync(profile))).toEqual([])
    expect(dirname(pids()[0] ?? '')).not.toBe(tmpdir())
  })

  it('reports a command that does not exist', async () => {
    const never = new AbortController().signal
    await expect(runAndClear(join(folder, 'missing'), [], never)).rejects.toThrow('ENOENT')
  })
})
