/** Evaluates the program that SST made of sst.config.ts, with Pulumi's mocks for an engine, and records what it registers. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Graph, Resource } from './graph-file.ts'
import { answer, made } from './mocks.ts'

interface Program {
  readonly platform: string
  readonly program: string
  readonly app: string
  readonly stage: string
  readonly region: string
}

type Values = Record<string, unknown>

/** As much of Pulumi's runtime as is used here; SST's own copy is loaded, and its types are not ours to import. */
interface Runtime {
  setMocks(
    mocks: object,
    project: string,
    stack: string,
    preview: boolean,
    organization: string,
  ): Promise<void>
  getMonitor(): { registerResource: Register }
  deserializeProperties(struct: unknown): Values
  isRpcSecret(value: unknown): boolean
  unwrapRpcSecret(value: unknown): unknown
  runInPulumiStack(program: () => Promise<unknown>): Promise<unknown>
}
type Register = (request: Request, callback: (error: unknown, response: Response) => void) => unknown
interface Request {
  getType(): string
  getName(): string
  getCustom(): boolean
  getObject(): unknown
  getDependenciesList(): string[]
  getRetainondelete(): boolean
  getProtect(): boolean
}
interface Response {
  getUrn(): string
  getObject(): unknown
}

/** @param done called once nothing is pending any more, which is the rule `pulumi up` goes by too. */
export async function record(
  { platform, program, app, stage, region }: Program,
  done: (graph: Omit<Graph, 'config'>) => void,
): Promise<void> {
  const { runtime }: { runtime: Runtime } = createRequire(`${platform}/package.json`)('@pulumi/pulumi')
  const resources: Resource[] = []
  const calls: Graph['calls'] = []
  const errors: string[] = []
  let outputs: Values = {}
  const failed = (error: unknown): void => {
    errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  process.on('unhandledRejection', failed)

  const mocks = {
    newResource: (a: { custom?: boolean; type: string; name: string; inputs: Values }) =>
      a.custom ? made(region, a.type, a.name, a.inputs) : { id: undefined, state: a.inputs },
    call: (a: { token: string; inputs: Values }) => {
      calls.push({ token: a.token, inputs: a.inputs })
      return answer(region, a.token, a.inputs)
    },
  }
  // Not as a preview: then every output is known.
  await runtime.setMocks(mocks, app, stage, false, 'organization')
  // Mocks are not told of dependencies or of what is retained: those are read off the request.
  const monitor = runtime.getMonitor()
  const register = monitor.registerResource.bind(monitor)
  monitor.registerResource = (request, callback) => {
    const inputs = inputsOf(runtime, request)
    return register(request, (error, response) => {
      if (error) failed(error)
      else resources.push(resourceOf(runtime, request, response, inputs))
      callback(error, response)
    })
  }

  runtime
    .runInPulumiStack(async () => (await import(pathToFileURL(program).href)).default)
    .then((value) => {
      outputs = plain(runtime, value ?? {}) as Values
    }, failed)
  process.once('beforeExit', () => done({ resources, calls, outputs, errors }))
}

function inputsOf(runtime: Runtime, request: Request): Values {
  const { __provider, ...inputs } = runtime.deserializeProperties(request.getObject())
  return inputs
}

function resourceOf(runtime: Runtime, request: Request, response: Response, inputs: Values): Resource {
  return {
    urn: response.getUrn(),
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    inputs: plain(runtime, inputs) as Values,
    outputs: plain(runtime, runtime.deserializeProperties(response.getObject())) as Values,
    dependencies: request.getDependenciesList(),
    retainOnDelete: request.getRetainondelete(),
    protect: request.getProtect(),
  }
}

/** Secrets become `{ secret: value }`, so that a test can tell them from plain values. */
function plain(runtime: Runtime, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => plain(runtime, one))
  if (typeof value !== 'object' || value === null) return value
  if (runtime.isRpcSecret(value)) return { secret: plain(runtime, runtime.unwrapRpcSecret(value)) }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(runtime, one)]))
}
