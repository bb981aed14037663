/** Runs `npm start` as a child process for a benchmark. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Pool } from '@warm-pods/core/api/contracts.ts'
import type { Limits } from '@warm-pods/core/limits.ts'

const HERE = fileURLToPath(new URL('../../..', import.meta.url))
export const PORT = 4450
export const SITE = siteAt(PORT)
const PATIENCE_MS = 120_000

export interface BenchSystem extends AsyncDisposable {
  readonly port: number
  /** The URL of its page, without a slash at the end. */
  readonly site: string
  /** Resolves when every slot is warm and no session is live. */
  quiet(): Promise<void>
  /** @returns milliseconds from `startedMs` (monotonic) until every slot is warm. */
  poolFullSince(startedMs: number): Promise<number>
}

/** A benchmark in a browser claims and kills more often from one address than a visitor may. */
export const BROWSER_LIMITS = { claimsPerAddress: 1_000, recoveriesPerAddress: 1_000 }

/**
 * Starts it with a data folder of its own, on {@link SITE} unless `port` differs.
 * @param args the arguments after `npm start --`, without port and data folder.
 * @param limits the limits that differ from the defaults.
 * @param options `checkout` is the folder of another commit, whose dependencies are installed.
 * @throws an error with the output when `npm start` exits before it is up.
 */
export async function startBenchSystem(
  args: readonly string[],
  limits?: Partial<Limits>,
  { port = PORT, checkout = HERE }: { readonly port?: number; readonly checkout?: string } = {},
): Promise<BenchSystem> {
  const site = siteAt(port)
  const data = await mkdtemp(join(tmpdir(), 'warm-pods-bench-'))
  const start = join(checkout, 'packages/local/bin/start.js')
  const child = spawn(process.execPath, [start, '--port', String(port), '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(limits ? { LIMITS: JSON.stringify(limits) } : {}) },
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
  return {
    port,
    site,
    quiet: () =>
      poll(async () => {
        const pool = await readPool(site)
        return isFull(pool) && pool.live === 0
      }),
    async poolFullSince(startedMs) {
      await untilFull(site)
      return performance.now() - startedMs
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** Resolves when every slot of the system at `site` is warm. @throws Error after two minutes. */
export function untilFull(site = SITE): Promise<void> {
  return poll(async () => isFull(await readPool(site)), 10)
}

function siteAt(port: number): string {
  return `http://localhost:${port}`
}

async function readPool(site: string): Promise<Pool> {
  return (await fetch(`${site}/api/pool`)).json() as Promise<Pool>
}

function isFull({ slots }: Pool): boolean {
  return slots.every(({ state }) => state === 'warm')
}

async function poll(condition: () => Promise<boolean>, everyMs = 50): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('Waited two minutes for the pool.')
    await sleep(everyMs)
  }
}
