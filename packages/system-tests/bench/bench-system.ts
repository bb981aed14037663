/** Runs `npm start` as a child process for a benchmark. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Pool } from '@warm-pods/core/api/contracts.ts'

const START = fileURLToPath(new URL('../../local/bin/start.js', import.meta.url))
const PORT = 4450
const PATIENCE_MS = 120_000

export interface BenchSystem extends AsyncDisposable {
  readonly port: number
  /** Resolves when every slot is warm and no session is live. */
  quiet(): Promise<void>
  /** @returns milliseconds from `startedMs` (monotonic) until every slot is warm. */
  poolFullSince(startedMs: number): Promise<number>
}

/**
 * @param args the arguments after `npm start --`, without port and data folder.
 * @throws an error with the output when `npm start` exits before it is up.
 */
export async function startBenchSystem(args: readonly string[]): Promise<BenchSystem> {
  const data = await mkdtemp(join(tmpdir(), 'warm-pods-bench-'))
  const child = spawn(process.execPath, [START, '--port', String(PORT), '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const ended = once(child, 'exit')
  const isOpen = async () => output.includes('hold a pod of your own')
  await Promise.race([
    poll(isOpen),
    ended.then(() => {
      throw new Error(output.trim())
    }),
  ])
  const readPool = async (): Promise<Pool> =>
    (await fetch(`http://127.0.0.1:${PORT}/api/pool`)).json() as Promise<Pool>
  const isFull = ({ slots }: Pool): boolean => slots.every(({ state }) => state === 'warm')
  return {
    port: PORT,
    quiet: () =>
      poll(async () => {
        const pool = await readPool()
        return isFull(pool) && pool.live === 0
      }),
    async poolFullSince(startedMs) {
      await poll(async () => isFull(await readPool()), 10)
      return performance.now() - startedMs
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function poll(condition: () => Promise<boolean>, everyMs = 50): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('Waited two minutes for the pool.')
    await sleep(everyMs)
  }
}
