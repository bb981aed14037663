import { join } from 'node:path'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { startReaper } from '../supervisor/start-reaper.ts'
import { type PartChange, PartFailed } from '../supervisor/supervisor.ts'
import { BuildFailed, buildPage } from './build-page.ts'
import { folderSentence, type Layout, layOut, makeFolder } from './data-folder-layout.ts'
import { displayPath } from './display-path.ts'
import { followHealth } from './health.ts'
import { takeFolder } from './instance-file.ts'
import { followPool } from './pool-progress.ts'
import { busySentence } from './ports.ts'
import { watchForEnd } from './shutdown.ts'
import { ForeignJobs, type System, startSystem } from './system.ts'
import type { ClusterTarget, ContextWish, NamedContext } from './target.ts'
import { createScreen, type Screen, wantsColour } from './terminal-output.ts'

/** A start that cannot be, in a sentence for the person. */
export class Refusal extends Error {
  override name = 'Refusal'
}

export interface RunOptions {
  readonly port: number
  /** The folder of the root package.json, absolute. */
  readonly root: string
  /** The data folder, absolute; without it, `.local` in the root, for each cluster one of its own. */
  readonly data: string | undefined
  /** Where the person stands: paths are shown from there. */
  readonly from: string
  /** The cluster in which the pods are to run; without it, this machine. */
  readonly cluster?: ContextWish
}

/** The options, with what follows from them. */
interface Settled extends RunOptions {
  readonly data: string
  readonly context: NamedContext | undefined
}

/** Clocks of two processes and a timer may be apart by a little. */
const AFTER_LEASE_MS = 500
/** How long the processes of a run that crashed may still take to go. */
const AFTER_CRASH_MS = 6_000

/**
 * Runs the system until it is told to end.
 * @returns the exit code.
 * @throws Refusal before anything was started.
 */
export async function run(given: RunOptions): Promise<number> {
  const options = await settle(given)
  const release = await claimFolderAndPorts(options)
  const screen = createScreen({
    write: (text) => process.stdout.write(text),
    isTerminal: process.stdout.isTTY,
    useColour: wantsColour(process.stdout.isTTY, process.env),
    elapsedMs: () => performance.now(),
  })
  // A terminal that was closed takes no more text; that must not keep us from ending well.
  process.stdout.on('error', () => {})
  const startedAtMs = Date.now()
  const layout = layOut(options.data)
  const reaper = startReaper()
  const ending = watchForEnd()
  let system: System | undefined
  let cluster: ClusterTarget | undefined
  try {
    cluster = await options.context?.look(screen, ending.signal)
    const onChange = (change: PartChange) => {
      tellChange(screen, change, options, ending.end)
      // Whichever part was away: rows may now speak of pods that are gone. A run that died with the watch keeps it until
      // its lease is over, and whoever finds it taken leaves: so once more when that is so, not only at the next tick.
      if (change.kind !== 'back') return
      void system?.invokeRefill()
      setTimeout(() => void system?.invokeRefill(), LIMITS.refillLeaseMs + AFTER_LEASE_MS).unref()
    }
    const { signal } = ending
    screen.doing('all', 'starting')
    const building = buildPage({ ...options, log: layout.log('page'), reaper, signal })
    // Handled below, once the parts are up; until then a failure must not count as unhandled.
    building.catch(() => {})
    system = await startSystem({
      port: options.port,
      root: options.root,
      ...(cluster ? { cluster } : {}),
      layout,
      reaper,
      signal,
      environment: process.env,
      onUp: (name, text) => screen.step(name, text),
      onChange,
    })
    screen.doing('page', 'building')
    const built = await building
    screen.step('page', built.kind === 'built' ? `built in ${seconds(built.ms)}` : 'as built before')
    const image = cluster ? { image: cluster.image } : {}
    await followPool({ system, sinceMs: startedAtMs, screen, signal, ...image })
    await followHealth(system.site, screen, signal)
    if (!signal.aborted && cluster)
      announceCluster(screen, system.site, displayPath(options.from, layout.data), cluster)
    else if (!signal.aborted) announce(screen, system.site, layout, options.from)
    await ending.ended
  } catch (error) {
    if (!ending.signal.aborted) ending.end(sentenceFor(error, layout, options.from))
  }
  const { sentence } = await ending.ended
  screen.say(sentence ?? 'Ending every process.')
  await system?.stop()
  if (system && cluster) await takeBack(cluster, screen)
  options.context?.close()
  await reaper.close()
  release()
  return sentence === undefined ? 0 : 1
}

/** @throws Refusal when there is no such context. */
async function settle(options: RunOptions): Promise<Settled> {
  const { cluster, from, root } = options
  const local = join(root, '.local')
  if (!cluster) return { ...options, data: options.data ?? local, context: undefined }
  // Loaded when it is asked for: a start without a cluster has no use for the client.
  const { nameContext } = await import('./target.ts')
  try {
    const overlay = join(root, 'k8s/overlays/local')
    const context = nameContext(cluster, { environment: process.env, from, overlay })
    return { ...options, data: options.data ?? join(local, 'contexts', context.folder), context }
  } catch (error) {
    if (error instanceof Error && error.name === 'Missing') throw new Refusal(error.message)
    throw error
  }
}

/** The pods are processes of another machine: nobody but us ends them before their deadline of hours. */
async function takeBack({ context, jobs, namespace }: ClusterTarget, screen: Screen): Promise<void> {
  try {
    const n = await jobs.takeBack()
    screen.say(`Deleted ${n} ${n === 1 ? 'Job' : 'Jobs'} of the pool in ${namespace} of ${context}.`)
  } catch {
    screen.say(
      `The Jobs of the pool in ${namespace} of ${context} are still there: the API server did not answer. The next start takes them over, or they end within seven hours.`,
    )
  }
}

/** @throws Refusal when somebody else has the folder or a port, or the folder cannot be written to. */
async function claimFolderAndPorts({ data, port }: Settled): Promise<() => void> {
  const taken = takeOrRefuse(data, port)
  const busy = await busySentence(port, taken.afterCrash ? AFTER_CRASH_MS : 0)
  if (busy === undefined) return taken.release
  taken.release()
  throw new Refusal(busy)
}

function takeOrRefuse(data: string, port: number): { afterCrash: boolean; release(): void } {
  let taken: ReturnType<typeof takeFolder>
  try {
    makeFolder(data)
    taken = takeFolder(data, port)
  } catch (error) {
    throw new Refusal(folderSentence(data, error))
  }
  if (taken.ok) return taken
  throw new Refusal(
    `Warm Pods already runs from this folder, at http://localhost:${taken.by.port} (process ${taken.by.pid}). ` +
      'Open that, end it with Ctrl-C where it runs, or give a second one its own data and ports: ' +
      `npm start -- --data .local-2 --port ${port + 10}`,
  )
}

function announce(screen: Screen, site: string, layout: Layout, from: string): void {
  const kubeconfig = displayPath(from, layout.kubeconfig)
  screen.say(`
Open ${site} and hold a pod of your own.

  kubectl --kubeconfig ${kubeconfig} get pods --watch
  npm run console     the tables, in a browser
  Ctrl-C              ends every process
`)
}

function announceCluster(
  screen: Screen,
  site: string,
  data: string,
  { context, namespace }: ClusterTarget,
): void {
  screen.say(`
Open ${site} and hold a pod of your own, in ${context}.

  kubectl --context ${context} -n ${namespace} get pods --watch
  npm run console -- --data ${data}     the tables, in a browser
  Ctrl-C              ends every process, and the pods there
`)
}

function tellChange(
  screen: Screen,
  change: PartChange,
  { from }: RunOptions,
  end: (sentence: string) => void,
): void {
  const name = capital(change.name)
  switch (change.kind) {
    case 'ended':
      screen.note(`${name} ${change.why}; starting it again.`)
      break
    case 'back':
      screen.note(`${name} is back after ${seconds(change.afterMs)}.`)
      break
    case 'given up':
      end(
        `${name} keeps ending, so everything ends. Its last words: ${change.why}. Its log: ${displayPath(from, change.log)}`,
      )
      break
    default:
      change satisfies never
  }
}

function sentenceFor(error: unknown, layout: Layout, from: string): string {
  const logs = displayPath(from, layout.logs)
  if (error instanceof ForeignJobs) return error.message
  if (error instanceof Error && error.name === 'Missing') return error.message
  if (error instanceof PartFailed) return `${capital(error.message)}. What each part said is in ${logs}/.`
  if (error instanceof BuildFailed)
    return `The page could not be built: ${error.message}. The whole story is in ${logs}/page.log.`
  return `Something unforeseen happened: ${error instanceof Error ? error.stack : String(error)}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
