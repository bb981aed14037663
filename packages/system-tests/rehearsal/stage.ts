/** The deployed stage on this machine: API Gateway, the functions, their schedules, and the load balancer of the gateway. */
import { request as requestHttps } from 'node:https'
import { createApi } from '@warm-pods/local/dev-server/api.ts'
import {
  type DeployedSchedule,
  deployedFunction,
  deployedSchedules,
  functionOfDomain,
} from './aws/deployed.ts'
import type { Emulator } from './aws/emulator.ts'
import { assumeRole } from './aws/identities.ts'
import { invoke, type RunningFunction, startFunction, startSchedules } from './functions.ts'
import type { Site } from './network/redirect.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const INTEGRATION_TIMEOUT_MS = 30_000
export const STAGE = 'production'

export interface StageOptions {
  readonly emulator: Emulator
  readonly domain: string
  readonly folder: string
  readonly network: { readonly env: Readonly<Record<string, string>>; readonly flags: readonly string[] }
  readonly onError: (problem: string) => void
}

export interface RunningStage extends AsyncDisposable {
  readonly functions: ReadonlyMap<string, RunningFunction>
  readonly schedules: readonly DeployedSchedule[]
  /** The site of the API's domain name. */
  readonly api: Site
  /** Starts the schedules, with an invocation of each at once. */
  startSchedules(): void
}

/** Starts the function behind the API's domain name and those of the schedules, from the emulator's records alone. */
export async function startStage(options: StageOptions): Promise<RunningStage> {
  const { domain, emulator, folder, network, onError } = options
  const functions = new Map<string, RunningFunction>()
  const portOf = (name: string) => functions.get(name)?.port
  const apiFunction = await functionOfDomain(emulator, `api.${domain}`)
  const schedules = await deployedSchedules(emulator, STAGE)
  let stopSchedules = () => {}
  const stop = async () => {
    stopSchedules()
    await Promise.all([...functions.values()].map((fn) => fn[Symbol.asyncDispose]()))
  }
  try {
    for (const name of new Set([apiFunction, ...schedules.map(({ functionName }) => functionName)])) {
      const deployed = await deployedFunction(emulator, name)
      const credentials = await assumeRole(emulator, deployed.roleArn, name)
      const options = { deployed, credentials, region: emulator.region, folder, network }
      functions.set(name, await startFunction(options))
    }
  } catch (error) {
    await stop()
    throw error
  }
  const api = createApi({
    api: {
      name: apiFunction,
      handler: (event: unknown) => invoke(portOf(apiFunction) ?? 0, apiFunction, event),
      timeoutMs: INTEGRATION_TIMEOUT_MS,
    },
    prefix: '',
    onError: (requestId, error) => onError(`request ${requestId}: ${error.split('\n')[0]}`),
  })
  return {
    functions,
    schedules,
    api: { request: (request, response) => void api(request, response).catch(() => response.destroy()) },
    startSchedules() {
      stopSchedules = startSchedules(schedules, portOf)
    },
    [Symbol.asyncDispose]: stop,
  }
}

/** Requests a deployed name at the rehearsal's server. @returns the parsed body of any status. */
export async function getDeployed(
  host: string,
  path: string,
  server: { port: number; ca: string },
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const request = requestHttps(
    { host: '127.0.0.1', port: server.port, ca: server.ca, servername: host, path, headers: { host } },
    async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      resolve(JSON.parse(Buffer.concat(chunks).toString()))
    },
  )
  request.once('error', reject)
  request.end()
  return promise
}
