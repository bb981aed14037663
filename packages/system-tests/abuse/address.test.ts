import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts } from '../../local/tests/_util.ts'
import { Ledger } from '../soak/ledger.ts'
import { type SoakSystem, startSoakSystem } from '../soak/system.ts'
import { everyItem } from '../soak/verify.ts'
import { Visitor } from '../soak/visitor.ts'

/** A log line that the attacker tries to inject. */
const FORGED = '{"level":"ERROR","event":"forged_by_an_attacker"}'
/** The address of the test visitors, one of this machine's that nothing else uses. */
const FROM = '127.93.71.57'

let system: SoakSystem
let traces: { readonly where: string; readonly text: string }[]
let ledger: Ledger

beforeAll(async () => {
  if (process.platform !== 'linux') return
  system = await startSoakSystem(await freePorts(), { socketIdleMs: 5_000 })
  ledger = new Ledger()
  const options = { port: system.port, ledger, signal: new AbortController().signal, holdMs: 1_000, tries: 5 }
  // Each number makes the test visitor act differently: kill and fail over, extend, release, or vanish.
  for (const dice of [0.1, 0.3, 0.5, 0.6, 0.9])
    await new Visitor({ ...options, random: () => dice, from: FROM }).live()
  for (const path of hostilePaths()) await send(system.port, path)
  traces = await allTraces(system)
})
afterAll(async () => {
  await system?.[Symbol.asyncDispose]()
})

function hostilePaths(): string[] {
  const line = encodeURIComponent(`\r\n${FORGED}\r\n`)
  return ['/api/', '/api/session/', '/api/session?x=', '/', '/pod/', '/api/%00'].map(
    (path) => `${path}${line}`,
  )
}

/** Sends a request from the same address, with the forged line in every header and in the body. */
function send(port: number, path: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const headers = {
    host: `localhost:${port}`,
    'user-agent': FORGED,
    origin: FORGED,
    authorization: `Bearer ${FORGED}`,
    'x-amzn-trace-id': FORGED,
    'content-type': FORGED,
  }
  const sent = request(
    { host: '127.0.0.1', port, path, method: 'POST', headers, localAddress: FROM },
    (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    },
  )
  sent.once('error', reject)
  sent.end(FORGED)
  return promise
}

/** @returns every table row, every file of the data folder, the objects of the cluster and every pod’s log, as text. */
async function allTraces({ data, dynamodb, kubernetes, output }: SoakSystem) {
  const texts = [{ where: 'printed by npm start', text: output() }]
  for (const item of await everyItem(dynamodb)) texts.push({ where: 'a table', text: JSON.stringify(item) })
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const where = join(entry.parentPath, entry.name)
      texts.push({ where, text: await readFile(where, 'latin1') })
    }
  const get = async (path: string): Promise<string> => (await fetch(`${kubernetes}${path}`)).text()
  for (const path of ['/apis/batch/v1/jobs', '/api/v1/pods', '/api/v1/events', '/api/v1/namespaces'])
    texts.push({ where: path, text: await get(path) })
  const { items } = JSON.parse(await get('/api/v1/namespaces/warm-pods/pods')) as {
    items: { metadata: { name: string } }[]
  }
  for (const { metadata } of items) {
    const where = `/api/v1/namespaces/warm-pods/pods/${metadata.name}/log`
    texts.push({ where, text: await get(where) })
  }
  return texts
}

const places = (needle: string): string[] =>
  traces.filter(({ text }) => text.includes(needle)).map(({ where }) => where)

describe.skipIf(process.platform !== 'linux')('the address of a visitor of a running system', () => {
  it('appears in no table, file, log or object of the cluster', async () => {
    expect(ledger.findings).toEqual([])
    // The search works: it finds a session's id in tables, files and logs of pods.
    const [fact] = ledger.acknowledged
    expect(places(fact?.sessionId ?? '-').length).toBeGreaterThan(2)
    const hex = FROM.split('.')
      .map((byte) => Number(byte).toString(16).padStart(2, '0'))
      .join('')
    for (const needle of [FROM, `::ffff:${FROM}`, hex, FROM.replaceAll('.', '-'), '127.93.71'])
      expect(places(needle)).toEqual([])
  })

  it('injects no line into any log', () => {
    const logs = traces.filter(({ where }) => /\.log$|\/log$|printed/.test(where))
    expect(logs.length).toBeGreaterThan(4)
    const lines = logs.flatMap(({ text }) => text.split('\n'))
    expect(lines.filter((line) => line.startsWith(FORGED.slice(0, 12)) && line.includes('forged'))).toEqual(
      [],
    )
    expect(lines.filter((line) => line.includes('forged_by_an_attacker'))).toEqual([])
  })
})
