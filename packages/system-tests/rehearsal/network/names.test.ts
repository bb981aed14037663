import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const NAMES = fileURLToPath(new URL('./names.ts', import.meta.url))
const server = createServer((request, response) => response.end(request.headers.host))
let port = 0

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Runs a program with the redirected names. @returns its output. */
async function run(program: string): Promise<string> {
  const env = { ...process.env, REHEARSAL_NAMES: JSON.stringify({ domains: ['pods.invalid'], port }) }
  const args = ['--import', NAMES, '--input-type=module', '--eval', program]
  return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim()
}

describe('the names of the rehearsal', () => {
  it('lead to its server by fetch, node:http and net.connect, and keep the Host header', async () => {
    const output = await run(`
      import { get } from 'node:http'
      import { connect } from 'node:net'
      const byFetch = await (await fetch('http://api.pods.invalid/')).text()
      const byHttp = await new Promise((done) => get('http://pods.invalid/', (r) => r.on('data', (d) => done(String(d)))))
      const byNet = await new Promise((done) => { const s = connect({ host: 'a.b.pods.invalid', port: 1 }, () => { s.end(); done('connected') }) })
      console.log([byFetch, byHttp, byNet].join())`)
    expect(output).toBe('api.pods.invalid,pods.invalid,connected')
  })

  it('change no other name, not even with the same ending', async () => {
    const output = await run(`
      const error = await fetch('http://otherpods.invalid/').catch((e) => e.cause.code)
      console.log(typeof error)`)
    expect(output).toBe('string')
  })
})
