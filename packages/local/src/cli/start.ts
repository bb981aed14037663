import { join } from 'node:path'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { startReaper } from '../supervisor/start-reaper.ts'
import type { ServiceChange } from '../supervisor/supervisor.ts'
import { UserError } from '../user-error.ts'
import { announceServiceChange, announceSystem, openText, startErrorMessage } from './announcements.ts'
import { buildPage } from './build-page.ts'
import { lockFolder } from './data-folder/instance-file.ts'
import {
  createPrivateFolder,
  type DataFolderLayout,
  folderErrorMessage,
  prepareDataFolder,
} from './data-folder/layout.ts'
import { createTerminalOutput, seconds, type TerminalOutput, wantsColour } from './output/terminal-output.ts'
import { busyPortMessage } from './ports.ts'
import { reportHealth } from './readiness/health.ts'
import { awaitWarmPod, showPoolProgress } from './readiness/pool-progress.ts'
import { listenForShutdown } from './shutdown.ts'
import { type System, startSystem } from './system.ts'
import type { ClusterContext, ClusterTarget, ContextOptions } from './target.ts'

export interface StartOptions {
  readonly port: number
  /** The folder of the root package.json, absolute. */
  readonly root: string
  /** The data folder, absolute. Without it: `.local` in the root, and below it a folder of its own for each cluster. */
  readonly data: string | undefined
  /** The user's current folder, absolute. Printed paths are relative to it. */
  readonly from: string
  /** The cluster that runs the pods. Without it, this machine runs them. */
  readonly cluster?: ContextOptions
}

interface ResolvedOptions extends StartOptions {
  readonly data: string
  readonly context: ClusterContext | undefined
}

/** Margin after the lease, because the clocks of two processes and a timer differ a little. */
const AFTER_LEASE_MS = 500
/** How long the processes of a crashed instance may need to exit. */
const AFTER_CRASH_MS = 6_000

/**
 * Runs the system until the user stops it or a service keeps failing. Everything it started has ended when it returns.
 * @returns the exit code.
 * @throws UserError before it has started anything: wrong context, locked folder, busy port.
 */
export async function start(given: StartOptions): Promise<number> {
  const options = await resolveOptions(given)
  const release = await lockFolderAndPorts(options)
  const output = createTerminalOutput({
    write: (text) => process.stdout.write(text),
    isTerminal: process.stdout.isTTY,
    useColour: wantsColour(process.stdout.isTTY, process.env),
    elapsedMs: () => performance.now(),
  })
  // Writing to a closed terminal fails. That must not prevent an orderly shutdown.
  process.stdout.on('error', () => {})
  const startedAtMs = Date.now()
  const layout = prepareFolderOrFail(options.data, release)
  const reaper = startReaper()
  const shutdown = listenForShutdown()
  const { signal } = shutdown
  let system: System | undefined
  let cluster: ClusterTarget | undefined
  try {
    cluster = await options.context?.check(output, signal)
    const onChange = (change: ServiceChange) => {
      announceServiceChange(output, change, { from: options.from, layout }, shutdown.request)
      // After any restart, rows may name pods that no longer exist. Trigger refill now, and again after the lease of a
      // crashed reconciliation has expired, because an invocation that finds the lease taken exits.
      if (change.kind !== 'restarted') return
      void system?.invokeRefill()
      setTimeout(() => void system?.invokeRefill(), LIMITS.refillLeaseMs + AFTER_LEASE_MS).unref()
    }
    output.progress('all', 'starting')
    const building = buildPage({ ...options, log: layout.log('page'), reaper, signal })
    // Awaited below, when the services are up. Until then a failure must not count as an unhandled rejection.
    building.catch(() => {})
    system = await startSystem({
      port: options.port,
      root: options.root,
      ...(cluster ? { cluster } : {}),
      layout,
      reaper,
      signal,
      environment: process.env,
      onUp: (name, text) => output.step(name, text),
      onChange,
    })
    output.progress('page', 'building')
    const built = await building
    output.step('page', built.kind === 'built' ? `built in ${seconds(built.ms)}` : 'already built')
    const image = cluster ? { image: cluster.image } : {}
    const readiness = { system, sinceMs: startedAtMs, signal }
    const problem = await showPoolProgress({ ...readiness, output, ...image })
    await reportHealth(system.site, output, signal, problem)
    const announced = { ...options, site: system.site, layout, cluster, problem }
    if (!signal.aborted) announceSystem(output, announced)
    if (problem !== undefined) {
      const pool = await awaitWarmPod(readiness)
      if (pool !== undefined) {
        output.step('pool', pool)
        output.print(openText(announced))
      }
    }
    await shutdown.requested
  } catch (error) {
    if (!signal.aborted) shutdown.request(startErrorMessage(error, layout, options.from))
  }
  const { reason } = await shutdown.requested
  output.print(reason ?? 'Stopping every process.')
  await system?.stop()
  if (system && cluster) await deletePoolJobs(cluster, output)
  options.context?.close()
  await reaper.close()
  release()
  return reason === undefined ? 0 : 1
}

/** @throws UserError when there is no such context. */
async function resolveOptions(options: StartOptions): Promise<ResolvedOptions> {
  const { cluster, from, root } = options
  const local = join(root, '.local')
  if (!cluster) return { ...options, data: options.data ?? local, context: undefined }
  // Loaded on demand: a start without a cluster does not need the Kubernetes client.
  const { openContext } = await import('./target.ts')
  const overlay = join(root, 'k8s/overlays/local')
  const context = openContext(cluster, { environment: process.env, from, overlay })
  return { ...options, data: options.data ?? join(local, 'contexts', context.folder), context }
}

/** Deletes the pool's Jobs in the user's cluster. Without it their pods would run until their deadline, hours later. */
async function deletePoolJobs(
  { context, jobs, namespace }: ClusterTarget,
  output: TerminalOutput,
): Promise<void> {
  try {
    const count = await jobs.deleteAll()
    output.print(
      `Deleted ${count} ${count === 1 ? 'Job' : 'Jobs'} of the pool in ${namespace} of ${context}.`,
    )
  } catch (error) {
    output.print(
      `The Jobs of the pool in ${namespace} of ${context} were not deleted and still run (${messageWithCauses(error)}). The next start uses them again. Otherwise they end within seven hours.`,
    )
  }
}

/**
 * @returns the function that releases the folder.
 * @throws UserError when another instance has the folder, a port is busy, or the folder is not writable.
 */
async function lockFolderAndPorts({ data, port }: ResolvedOptions): Promise<() => void> {
  const { afterCrash, release } = lockFolderOrFail(data, port)
  const busy = await busyPortMessage(port, afterCrash ? AFTER_CRASH_MS : 0)
  if (busy === undefined) return release
  release()
  throw new UserError(busy)
}

/** @throws UserError when the disk is full or the folder is not writable. */
function prepareFolderOrFail(data: string, release: () => void): DataFolderLayout {
  try {
    return prepareDataFolder(data)
  } catch (error) {
    release()
    throw new UserError(folderErrorMessage(data, error))
  }
}

function lockFolderOrFail(data: string, port: number): { afterCrash: boolean; release(): void } {
  let lock: ReturnType<typeof lockFolder>
  try {
    createPrivateFolder(data)
    lock = lockFolder(data, port)
  } catch (error) {
    throw new UserError(folderErrorMessage(data, error))
  }
  if (lock.ok) return lock
  throw new UserError(
    `Warm Pods already runs from this folder, at http://localhost:${lock.heldBy.port} (process ${lock.heldBy.pid}). ` +
      'Open that address, stop it with Ctrl-C in its terminal, or start a second one with its own data and ports: ' +
      `npm start -- --data .local-2 --port ${port + 10}`,
  )
}
