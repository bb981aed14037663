import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Part,
  type PartChange,
  type PartOptions,
  type RestartPolicy,
  startPart,
} from '../processes/part.ts'
import type { Reaper } from '../processes/start-reaper.ts'
import { functionEnvironment, machineEnvironment, NAMES } from './environment.ts'
import type { Layout } from './layout.ts'

export interface SystemOptions {
  readonly port: number
  readonly root: string
  readonly layout: Layout
  readonly reaper: Reaper
  readonly environment: Record<string, string | undefined>
  /** A part is up; told in the order in which they come up. */
  readonly onUp: (name: 'database' | 'Kubernetes' | 'site', text: string) => void
  readonly onChange: (change: PartChange) => void
  /** Once aborted, nothing is started any more. */
  readonly signal: AbortSignal
  readonly policy?: Partial<RestartPolicy>
}

export interface System {
  readonly site: string
  /** Has refill look at once instead of at the schedule's next tick. Never fails: the tick comes anyway. */
  wakeRefill(): Promise<void>
  /** Ends the parts in the order in which they need each other. */
  stop(): Promise<void>
}

const GRACE_MS = 5_000

/**
 * The four parts, each a process group of its own: database and Kubernetes side by side, then refill, then the site.
 * @throws PartFailed; what had started is then left to {@link SystemOptions.reaper}.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { environment, layout, onUp, port, root } = options
  const site = `http://localhost:${port}`
  const endpoints = {
    site,
    kubernetes: `http://127.0.0.1:${port + 1}`,
    dynamodb: `http://127.0.0.1:${port + 2}`,
  }
  const machine = machineEnvironment(environment, layout.compiled)
  const [database, kubernetes] = await Promise.all([
    start<{ kept: number }>(options, 'dynamodb', 'the database', machine, () => ({
      port: port + 2,
      path: layout.tables,
      poolTable: NAMES.poolTable,
      sessionsTable: NAMES.sessionsTable,
    })).then((part) => {
      const kept = part.ready.kept > 0 ? 'tables kept from last time' : 'two new tables'
      onUp('database', `DynamoDB at ${endpoints.dynamodb}, ${kept}`)
      return part
    }),
    start(options, 'kubernetes', 'Kubernetes', machine, () => ({
      port: port + 1,
      kubeconfig: layout.kubeconfig,
      context: NAMES.context,
      compileCache: layout.compiled,
      namespace: NAMES.namespace,
      image: NAMES.image,
    })).then((part) => {
      onUp('Kubernetes', `API at ${endpoints.kubernetes}, kubeconfig written`)
      return part
    }),
  ])
  const refill = await start<{ port: number }>(
    options,
    'refill',
    'refill',
    functionEnvironment({ ...endpoints, lambda: '' }, machine),
    // The site is told the port once, so a refill that starts again takes the same.
    (last) => ({ port: last?.port ?? 0, functionName: NAMES.refill }),
  )
  const lambda = `http://127.0.0.1:${refill.ready.port}`
  const front = await start(
    options,
    'front',
    'the site',
    functionEnvironment({ ...endpoints, lambda }, machine),
    () => ({ port, page: join(root, 'packages/web/dist'), functionName: NAMES.api }),
  )
  onUp('site', `page, API and sockets at ${site}`)
  return {
    site,
    wakeRefill: () => invokeAsync(lambda, NAMES.refill),
    async stop() {
      await front.stop(GRACE_MS)
      await refill.stop(GRACE_MS)
      await Promise.all([kubernetes.stop(GRACE_MS), database.stop(GRACE_MS)])
      await rm(layout.kubeconfig, { force: true })
    },
  }
}

async function invokeAsync(lambda: string, functionName: string): Promise<void> {
  await fetch(`${lambda}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    headers: { 'x-amz-invocation-type': 'Event' },
    signal: AbortSignal.timeout(2_000),
  }).catch(() => {})
}

function start<Ready>(
  { layout, onChange, policy, reaper, signal }: SystemOptions,
  file: 'dynamodb' | 'kubernetes' | 'refill' | 'front',
  name: string,
  env: Record<string, string>,
  settings: PartOptions<Ready>['settings'],
): Promise<Part<Ready>> {
  return startPart<Ready>({
    name,
    program: fileURLToPath(new URL(`../parts/${file}.ts`, import.meta.url)),
    settings,
    env,
    log: layout.log(file),
    reaper,
    signal,
    // Written by our own part in the same version.
    parse: (ready) => ready as Ready,
    onChange,
    ...(policy ? { policy } : {}),
  })
}
