/**
 * Compares the pod's echo with a bare `ws` echo: the same client, the same payloads. The rounds are interleaved, so that
 * other load on the machine affects both alike. `node packages/pod/bench/echo.ts [rounds]`
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { newPodKey, signToken } from '@warm-pods/core/identity/token.ts'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { framesOf, openRaw, type RawClient } from './raw-client.ts'

/** Messages in flight at once while throughput is measured. */
const WINDOW = 32
const BATCHES = 100
const SINGLES = 1_000
const ROUNDS = Number(process.argv[2] ?? 60)

interface Round {
  /** Messages a second, {@link WINDOW} in flight. */
  readonly perSecond: number
  /** Round trips one after another, ms. */
  readonly p50Ms: number
  readonly p99Ms: number
}

const names = ['bare', 'pod'] as const
const batch = framesOf(Array.from({ length: WINDOW }, (_, i) => `p,${1_000 + i}`))
const single = framesOf(['p,1000'])

async function serve(file: string, env: NodeJS.ProcessEnv): Promise<{ child: ChildProcess; port: number }> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  return { child, port: JSON.parse(String(line)).port }
}

async function measure(client: RawClient): Promise<Round> {
  const startMs = performance.now()
  for (let i = 0; i < BATCHES; i++) await client.exchange(batch, WINDOW)
  const perSecond = (BATCHES * WINDOW * 1_000) / (performance.now() - startMs)
  const trips = new Float64Array(SINGLES)
  for (let i = 0; i < SINGLES; i++) {
    const sentMs = performance.now()
    await client.exchange(single, 1)
    trips[i] = performance.now() - sentMs
  }
  trips.sort()
  return { perSecond, p50Ms: trips[SINGLES >> 1] ?? 0, p99Ms: trips[Math.floor(SINGLES * 0.99)] ?? 0 }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

const key = newPodKey()
const environment = {
  POD_KEY: key,
  POD_NAME: 'bench',
  POD_UID: 'bench',
  POD_IP: '127.0.0.1',
  POD_PORT: '0',
  NODE_NAME: 'bench',
  IMAGE: 'bench',
  LIMITS: JSON.stringify({ messagesPerSecond: 1e9, messageBurst: 1e9 }),
}
const expiresAtS = Math.floor(Date.now() / 1_000) + 3_600
const token = await signToken(key, { sessionId: '0'.repeat(32), epoch: 1, expiresAtS })
const servers = { bare: await serve('bare.ts', {}), pod: await serve('../src/main.ts', environment) }
const clients = {
  bare: await openRaw(servers.bare.port, ''),
  pod: await openRaw(servers.pod.port, `${SUBPROTOCOL}, ${token}`),
}
const rounds: Record<(typeof names)[number], Round[]> = { bare: [], pod: [] }
for (const name of names) await measure(clients[name]) // warm-up: lets V8 finish compiling
for (let i = 0; i < ROUNDS; i++)
  for (const name of i % 2 === 0 ? names : names.toReversed()) rounds[name].push(await measure(clients[name]))
for (const name of names) {
  clients[name][Symbol.dispose]()
  servers[name].child.kill('SIGKILL')
}

const middle = (name: (typeof names)[number], what: keyof Round): number =>
  median(rounds[name].map((round) => round[what]))
const ratio = (what: keyof Round): number =>
  median(rounds.pod.map((round, i) => round[what] / (rounds.bare[i]?.[what] ?? Number.NaN)))
const row = (what: keyof Round, digits: number, goal: string): void =>
  console.log(
    `${what.padEnd(10)} bare ${middle('bare', what).toFixed(digits)}  pod ${middle('pod', what).toFixed(digits)}  pod/bare ${ratio(what).toFixed(3)}  ${goal}`,
  )
console.log(`${ROUNDS} rounds each, interleaved; medians, and the median of the ratios of neighbours`)
row('perSecond', 0, '(goal >= 0.95)')
row('p50Ms', 4, '')
row('p99Ms', 4, '(goal <= 1.05)')
