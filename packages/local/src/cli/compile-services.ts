import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../services/compile.ts', import.meta.url))
/** It takes two seconds. Services without the cache are only larger and slower to start. */
const TIMEOUT_MS = 30_000

/**
 * Fills the compile cache before the first start from a data folder. Never rejects: a service compiles a missing file itself.
 * @param compiled the folder of the cache, absolute.
 */
export async function compileServices(
  compiled: string,
  {
    environment,
    nodeFlags,
    signal,
  }: {
    /** Of the services. It names the folder too. */
    readonly environment: Record<string, string>
    /** Those of the services. V8 uses no cache that was written under other flags. */
    readonly nodeFlags: readonly string[]
    readonly signal: AbortSignal
  },
): Promise<void> {
  if (existsSync(compiled) || signal.aborted) return
  const child = spawn(process.execPath, [...nodeFlags, PROGRAM], {
    env: environment,
    stdio: 'ignore',
    signal,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.once('error', () => resolve())
  await promise
}
