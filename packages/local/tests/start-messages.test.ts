import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startDevServer } from '../src/dev-server/dev-server.ts'
import { temporaryFolder } from './_util.ts'

const START = fileURLToPath(new URL('../bin/start.js', import.meta.url))

/** Runs `npm start -- …args` without npm to its end. */
async function start(args: readonly string[], program = [START]) {
  const child = spawn(process.execPath, [...program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (data) => {
    out += data
  })
  child.stderr.on('data', (data) => {
    err += data
  })
  const code = await new Promise((ended) => child.once('close', ended))
  return { code, out, err }
}

/** Listens on three consecutive free ports and closes all but the one at `offset`. */
async function busyPort(offset: number) {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 20_000)
    const servers = await Promise.all([0, 1, 2].map((extra) => listen(base + extra)))
    const wanted = servers[offset]
    for (const server of servers) if (server !== wanted || servers.includes(undefined)) server?.close()
    if (wanted && !servers.includes(undefined)) return { base, [Symbol.dispose]: () => void wanted.close() }
  }
}

function listen(port: number): Promise<Server | undefined> {
  const { promise, resolve } = Promise.withResolvers<Server | undefined>()
  const server = createServer((socket) => socket.destroy())
  server.once('error', () => resolve(undefined))
  server.listen(port, '127.0.0.1', () => resolve(server))
  return promise
}

/** Expects exit code 1 and one line without a stack trace. */
function expectOneLineError({ code, err }: { code: unknown; err: string }): void {
  expect(code).toBe(1)
  expect(err).not.toMatch(/\n {4}at |Error:|undefined/)
  expect(err.trim().split('\n')).toHaveLength(1)
}

describe('npm start', () => {
  it('prints the flags and exits with code 0 for --help', async () => {
    const { code, out } = await start(['--help'])
    expect(code).toBe(0)
    for (const text of ['--port', '--data', '4400', 'npm run console', 'Ctrl-C']) expect(out).toContain(text)
  })

  it('rejects an unknown flag and an invalid port', async () => {
    const flag = await start(['--prot', '5'])
    expectOneLineError(flag)
    expect(flag.err).toContain('There is no flag --prot')
    const port = await start(['--port', 'web'])
    expectOneLineError(port)
    expect(port.err).toContain('got "web"')
  })

  it.each([
    [0, 'the page'],
    [1, 'Kubernetes'],
    [2, 'DynamoDB'],
  ])('names the busy port, its use and the flag to change it: port + %i', async (offset, use) => {
    await using folder = await temporaryFolder()
    using busy = await busyPort(offset)
    const result = await start(['--port', String(busy.base), '--data', folder.path])
    expectOneLineError(result)
    expect(result.err).toContain(`Port ${busy.base + offset} (${use}) is in use by another program`)
    expect(result.err).toContain('Use three other ports: npm start -- --port')
  })

  it('recognises another Warm Pods on a busy port', async () => {
    await using folder = await temporaryFolder()
    const other = await startDevServer({
      port: 0,
      page: folder.path,
      gateway: { upgrade: () => {} },
      onError: () => {},
      api: { name: 'api', timeoutMs: 1_000, handler: () => 'fine' },
    })
    const result = await start(['--port', String(other.port), '--data', folder.path])
    await other.close()
    expectOneLineError(result)
    expect(result.err).toContain(`is in use by another Warm Pods at http://localhost:${other.port}`)
  })

  it('explains that the data folder lies below a file', async () => {
    await using folder = await temporaryFolder()
    await writeFile(`${folder.path}/file`, '')
    const result = await start(['--data', `${folder.path}/file/data`])
    expectOneLineError(result)
    expect(result.err).toContain('a part of the path is a file')
  })

  it.skipIf(process.platform !== 'linux')('explains that the data folder cannot be created', async () => {
    const result = await start(['--data', '/proc/warm-pods/data'])
    expectOneLineError(result)
    expect(result.err).toContain('The data folder /proc/warm-pods/data cannot be used')
  })

  it.skipIf(process.getuid?.() === 0)('explains that the user may not write to the data folder', async () => {
    await using folder = await temporaryFolder()
    await mkdir(`${folder.path}/closed`, { mode: 0o555 })
    const result = await start(['--data', `${folder.path}/closed/data`])
    expectOneLineError(result)
    expect(result.err).toContain('this user may not write there')
  })

  it('asks users of an older Node to run npm ci', async () => {
    const old = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.11.0"})'
    const result = await start([], ['--import', old, START])
    expectOneLineError(result)
    expect(result.err).toContain('needs Node 24, and this is Node 20.11.0')
    expect(result.err).toContain('npm ci')
  })

  it('releases the data folder when it cannot start', async () => {
    await using folder = await temporaryFolder()
    using busy = await busyPort(2)
    const args = ['--port', String(busy.base), '--data', folder.path]
    await start(args)
    expect((await start(args)).err).toContain('is in use by another program')
  })
})
