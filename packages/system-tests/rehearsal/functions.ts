/** Starts the deployed functions as processes on this machine, each with its own code, environment and role. */
import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { startSchedule } from '@warm-pods/local/lambda/schedule.ts'
import type { DeployedFunction, DeployedSchedule } from './aws/deployed.ts'
import type { Credentials } from './aws/emulator.ts'
import { credentialVariables } from './aws/identities.ts'
import type { FunctionSettings } from './function.ts'

const PROGRAM = fileURLToPath(new URL('./function.ts', import.meta.url))

export interface FunctionOptions {
  readonly deployed: DeployedFunction
  readonly credentials: Credentials
  readonly region: string
  /** Folder for the unpacked code and the log, absolute. */
  readonly folder: string
  /** Variables and flags that connect the deployed names to this machine. */
  readonly network: { readonly env: Readonly<Record<string, string>>; readonly flags: readonly string[] }
}

export interface RunningFunction extends AsyncDisposable {
  readonly name: string
  readonly port: number
  /** The file with the function's output. */
  readonly log: string
}

/** Starts a function. @throws Error with the error of its module, if that cannot be loaded. */
export async function startFunction(options: FunctionOptions): Promise<RunningFunction> {
  const { deployed, folder, network } = options
  const code = join(folder, deployed.name)
  for (const [path, bytes] of deployed.files) {
    mkdirSync(dirname(join(code, path)), { recursive: true })
    writeFileSync(join(code, path), bytes)
  }
  const { name, handler, timeoutMs } = deployed
  const settings: FunctionSettings = { name, handler, folder: code, timeoutMs }
  const log = join(folder, `${name}.log`)
  const output = openSync(log, 'w')
  const child = fork(PROGRAM, [JSON.stringify(settings)], {
    execArgv: [...network.flags],
    env: { ...runtimeVariables(options), ...deployed.environment, ...network.env },
    stdio: ['ignore', output, output, 'ipc'],
  })
  closeSync(output)
  const port = await readyPort(child, name, log)
  return {
    name,
    port,
    log,
    async [Symbol.asyncDispose]() {
      const exited = new Promise((done) => child.once('exit', done))
      if (child.exitCode === null && child.kill()) await exited
    },
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function runtimeVariables({ credentials, deployed, region }: FunctionOptions): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    TZ: ':UTC',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_LAMBDA_FUNCTION_NAME: deployed.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    LAMBDA_TASK_ROOT: '/var/task',
    ...credentialVariables(credentials),
  }
}

function readyPort(child: ChildProcess, name: string, log: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('message', (message: { ready?: number; failed?: string }) => {
    if (typeof message.ready === 'number') resolve(message.ready)
    else reject(new Error(`${name} did not start: ${message.failed}`))
  })
  child.once('exit', (code) =>
    reject(new Error(`${name} exited with code ${code}. Its output is in ${log}.`)),
  )
  return promise
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
function invocationsUrl(port: number, name: string): string {
  return `http://127.0.0.1:${port}/2015-03-31/functions/${name}/invocations`
}

/** Invokes a function by its Invoke API and waits. @returns the payload. @throws Error with the function's own error. */
export async function invoke(port: number, name: string, event: unknown): Promise<unknown> {
  const response = await fetch(invocationsUrl(port, name), {
    method: 'POST',
    body: JSON.stringify(event),
  }).catch((cause) => {
    throw new Error(`${name} was not invoked: ${messageWithCauses(cause)}`)
  })
  const payload: unknown = await response.json()
  if (response.status !== 200 || response.headers.has('x-amz-function-error')) {
    const { errorMessage = JSON.stringify(payload) } = payload as { errorMessage?: string }
    throw new Error(`${name} failed: ${errorMessage}`)
  }
  return payload
}

/** Invokes the function of each schedule in its period. The first invocations are at once. @returns a function that stops them. */
export function startSchedules(
  schedules: readonly DeployedSchedule[],
  portOf: (name: string) => number | undefined,
): () => void {
  const stops = schedules.map(({ functionName, input, name, periodMs }) =>
    startSchedule(name, periodMs, (event) => {
      const port = portOf(functionName)
      if (port === undefined)
        throw new Error(`The schedule ${name} invokes ${functionName}, which is not a function of the stage.`)
      fetch(invocationsUrl(port, functionName), {
        method: 'POST',
        headers: { 'x-amz-invocation-type': 'Event' },
        body: input ?? JSON.stringify(event),
      }).catch(() => undefined)
    }),
  )
  return () => {
    for (const stop of stops) stop()
  }
}
