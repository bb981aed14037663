/** `npm start` as it is, in processes of its own, for a benchmark to visit. */
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
  /** Resolves when four are warm and nobody holds one. */
  whole(): Promise<void>
  /** Milliseconds from then until four are warm, whoever holds others. */
  wholeSince(startedMs: number): Promise<number>
}

/** @param args what follows `npm start --`, the port and the data folder apart. @throws with what it said when it ends. */
export async function startBenchSystem(args: readonly string[]): Promise<BenchSystem> {
  const data = await mkdtemp(join(tmpdir(), 'warm-pods-bench-'))
  const child = spawn(process.execPath, [START, '--port', String(PORT), '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const ended = once(child, 'exit')
  const isOpen = async () => said.includes('hold a pod of your own')
  await Promise.race([
    poll(isOpen),
    ended.then(() => {
      throw new Error(said.trim())
    }),
  ])
  const warm = async (): Promise<Pool> =>
    (await fetch(`http://127.0.0.1:${PORT}/api/pool`)).json() as Promise<Pool>
  const four = ({ slots }: Pool): boolean => slots.every(({ state }) => state === 'warm')
  return {
    port: PORT,
    whole: () =>
      poll(async () => {
        const pool = await warm()
        return four(pool) && pool.live === 0
      }),
    async wholeSince(startedMs) {
      await poll(async () => four(await warm()), 10)
      return performance.now() - startedMs
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function poll(is: () => Promise<boolean>, everyMs = 50): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await is())) {
    if (performance.now() > deadline) throw new Error('Waited two minutes in vain for the pool.')
    await sleep(everyMs)
  }
}
