import { BuildFailed, buildPage } from '../page/build-page.ts'
import { type PartChange, PartFailed } from '../processes/part.ts'
import { startReaper } from '../processes/start-reaper.ts'
import { displayPath } from './display-path.ts'
import { watchForEnd } from './ending.ts'
import { followHealth } from './health.ts'
import { folderSentence, type Layout, layOut, makeFolder } from './layout.ts'
import { followPool } from './pool-progress.ts'
import { busySentence } from './ports.ts'
import { takeFolder } from './run-file.ts'
import { createScreen, type Screen, wantsColour } from './screen.ts'
import { type System, startSystem } from './system.ts'

/** A start that cannot be, in a sentence for the person. */
export class Refusal extends Error {
  override name = 'Refusal'
}

export interface RunOptions {
  readonly port: number
  /** The folder of the root package.json, absolute. */
  readonly root: string
  /** The data folder, absolute. */
  readonly data: string
  /** Where the person stands: paths are shown from there. */
  readonly from: string
}

/** How long the processes of a run that crashed may still take to go. */
const AFTER_CRASH_MS = 6_000

/**
 * Runs the system until it is told to end.
 * @returns the exit code.
 * @throws Refusal before anything was started.
 */
export async function run(options: RunOptions): Promise<number> {
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
  try {
    const onChange = (change: PartChange) => {
      tellChange(screen, change, options, ending.end)
      // Whichever part was away: rows may now speak of pods that are gone.
      if (change.kind === 'back') void system?.wakeRefill()
    }
    const { signal } = ending
    screen.doing('all', 'starting')
    const building = buildPage({ ...options, log: layout.log('page'), reaper, signal })
    // Handled below, once the parts are up; until then a failure must not count as unhandled.
    building.catch(() => {})
    system = await startSystem({
      ...options,
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
    await followPool({ system, sinceMs: startedAtMs, screen, signal })
    await followHealth(system.site, screen, signal)
    if (!signal.aborted) announce(screen, system.site, layout, options.from)
    await ending.ended
  } catch (error) {
    if (!ending.signal.aborted) ending.end(sentenceFor(error, layout, options.from))
  }
  const { sentence } = await ending.ended
  screen.say(sentence ?? 'Ending every process.')
  await system?.stop()
  await reaper.close()
  release()
  return sentence === undefined ? 0 : 1
}

/** @throws Refusal when somebody else has the folder or a port, or the folder cannot be written to. */
async function claimFolderAndPorts({ data, port }: RunOptions): Promise<() => void> {
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
