/** Runs `npm start` as a child process with its own ports and data folder, for the soak, the abuse tests and the monitoring. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pageKey } from '@warm-pods/local/cli/build-page.ts'
import { NODE_FLAGS } from '@warm-pods/local/cli/system.ts'
import { commandOf } from '@warm-pods/local/supervisor/command-of.ts'
import { type Process, processesOf } from './processes.ts'

const START = fileURLToPath(new URL('../../local/tests/_start.js', import.meta.url))
const K8S = fileURLToPath(new URL('../../../k8s', import.meta.url))
const PATIENCE_MS = 120_000

export interface SoakSystem extends AsyncDisposable {
  readonly port: number
  readonly data: string
  readonly supervisor: ChildProcess
  readonly site: string
  readonly kubernetes: string
  readonly dynamodb: string
  /** @returns everything that `npm start` has printed. */
  output(): string
  processes(): Process[]
}

/** The cluster that runs the pods. `k8s/overlays/local` is applied to it first. */
export interface SoakCluster {
  readonly context: string
  readonly image: string
}

/**
 * Starts the system and waits until it is up. Disposing stops it and deletes its folder.
 * @param cluster without it, this machine runs the pods.
 * @throws an error with the output when it does not start within two minutes.
 */
export async function startSoakSystem(
  port: number,
  limits: object,
  cluster?: SoakCluster,
): Promise<SoakSystem> {
  const root = await mkdtemp(join(tmpdir(), 'warm-pods-soak-'))
  await writeBuiltPage(root)
  const data = join(root, '.local')
  if (cluster) await symlink(K8S, join(root, 'k8s'))
  const target = cluster ? [cluster.context, cluster.image] : []
  const supervisor = spawn(process.execPath, [...NODE_FLAGS, START, root, data, String(port), ...target], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LIMITS: JSON.stringify(limits) },
  })
  // A soak that is interrupted must stop the system.
  process.once('exit', () => supervisor.kill('SIGTERM'))
  let output = ''
  for (const stream of [supervisor.stdout, supervisor.stderr]) stream.on('data', (text) => (output += text))
  const ended = once(supervisor, 'exit')
  const isUp = async (): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS
    while (!output.includes('hold a pod of your own') && performance.now() < deadline) await sleep(50)
  }
  await Promise.race([isUp(), ended])
  if (supervisor.exitCode !== null || !output.includes('hold a pod of your own')) {
    supervisor.kill('SIGTERM')
    throw new Error(`The system did not start:\n${output}`)
  }
  const system: SoakSystem = {
    port,
    data,
    supervisor,
    site: `http://127.0.0.1:${port}`,
    kubernetes: `http://127.0.0.1:${port + 1}`,
    dynamodb: `http://127.0.0.1:${port + 2}`,
    output: () => output,
    processes: () => processesOf(supervisor.pid ?? 0),
    async [Symbol.asyncDispose]() {
      const all = system.processes()
      supervisor.kill('SIGTERM')
      if (supervisor.exitCode === null && supervisor.signalCode === null) await ended
      const deadline = performance.now() + PATIENCE_MS
      while (all.some(({ pid }) => commandOf(pid)) && performance.now() < deadline) await sleep(50)
      await rm(root, { recursive: true, force: true })
    },
  }
  return system
}

/** Writes a page that counts as built, so that Vite does not run. */
async function writeBuiltPage(root: string): Promise<void> {
  const dist = join(root, 'packages/web/dist')
  await mkdir(dist, { recursive: true })
  await writeFile(join(dist, 'index.html'), '<!doctype html>the page')
  await writeFile(join(dist, '.built-from'), await pageKey(root))
}
