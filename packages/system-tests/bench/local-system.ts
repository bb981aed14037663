/** Runs `npm start` as a child process for the benchmarks in Chromium. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PoolSchema } from '@warm-pods/core/api/contracts.ts'
import * as v from 'valibot'

export const PORT = 4460
export const SITE = `http://localhost:${PORT}`
/** The benchmark claims and kills more often from one address than a visitor may. */
const LIMITS = { claimsPerAddress: 1_000, recoveriesPerAddress: 1_000 }

/** Starts it on {@link SITE} with a data folder of its own. @throws Error when it exits before it is up. */
export async function startLocalSystem(): Promise<AsyncDisposable> {
  const data = await mkdtemp(join(tmpdir(), 'warm-pods-bench-'))
  const bin = fileURLToPath(new URL('../../local/bin/start.js', import.meta.url))
  const supervisor = spawn(process.execPath, [bin, '--port', String(PORT), '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LIMITS: JSON.stringify(LIMITS) },
  })
  const ended = new Promise<void>((resolve) => supervisor.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    supervisor.stdout.on('data', (text) => String(text).includes(`Open ${SITE}`) && resolve())
    supervisor.once('exit', (code) =>
      reject(new Error(`npm start exited with code ${code} before it was up.`)),
    )
  })
  return {
    async [Symbol.asyncDispose]() {
      supervisor.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** Resolves when every slot is warm. */
export async function untilFull(): Promise<void> {
  const isFull = async () => {
    const pool = v.parse(PoolSchema, await (await fetch(`${SITE}/api/pool`)).json())
    return pool.slots.every(({ state }) => state === 'warm')
  }
  while (!(await isFull())) await new Promise((resolve) => setTimeout(resolve, 20))
}
