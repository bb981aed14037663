/** Evaluates the program that SST built from sst.config.ts under Pulumi's mocks, and records every registered resource. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Graph, Resource } from './graph-file.ts'
import { answerCall, createdState } from './mocks.ts'

interface Program {
  /** Folder of SST's platform, whose copy of Pulumi's SDK is used. */
  readonly platform: string
  /** Path of the built program. */
  readonly program: string
  readonly app: string
  readonly stage: string
  readonly region: string
}

type Values = Record<string, unknown>

/** The part of Pulumi's runtime in use here. SST's copy is loaded at run time, so its types cannot be imported. */
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
  getAliasesList(): AliasMessage[]
  getRetainondelete(): boolean
  getProtect(): boolean
}
/** https://github.com/pulumi/pulumi/blob/v3.215.0/proto/pulumi/alias.proto */
interface AliasMessage {
  /** Empty when the alias is a specification. */
  getUrn(): string
  getSpec(): { getName(): string; getType(): string; getParenturn(): string } | undefined
}
interface Response {
  getUrn(): string
  getObject(): unknown
}

/**
 * Evaluates the program and records its graph.
 * @param done called with the graph once Node has no pending work, which is also when `pulumi up` ends a program.
 */
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
    newResource: (args: { custom?: boolean; type: string; name: string; inputs: Values }) =>
      args.custom
        ? createdState(region, args.type, args.name, args.inputs)
        : { id: undefined, state: args.inputs },
    call: ({ token, inputs }: { token: string; inputs: Values }) => {
      calls.push({ token, inputs })
      return answerCall(region, token, inputs)
    },
  }
  // Not a preview, so every output has a value.
  await runtime.setMocks(mocks, app, stage, false, 'organization')
  // Mocks do not receive dependencies, aliases or retention, so these come from the request.
  const monitor = runtime.getMonitor()
  const register = monitor.registerResource.bind(monitor)
  monitor.registerResource = (request, callback) => {
    const inputs = inputsOf(runtime, request)
    return register(request, (error, response) => {
      if (error) failed(error)
      else resources.push(resourceOf(runtime, request, response, inputs, `urn:pulumi:${stage}::${app}`))
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

function resourceOf(
  runtime: Runtime,
  request: Request,
  response: Response,
  inputs: Values,
  stack: string,
): Resource {
  return {
    urn: response.getUrn(),
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    inputs: plain(runtime, inputs) as Values,
    outputs: plain(runtime, runtime.deserializeProperties(response.getObject())) as Values,
    dependencies: request.getDependenciesList(),
    aliases: request.getAliasesList().map((alias) => aliasUrn(alias, request, stack)),
    retainOnDelete: request.getRetainondelete(),
    protect: request.getProtect(),
  }
}

/** Returns the URN that the engine would compute: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns */
function aliasUrn(alias: AliasMessage, request: Request, stack: string): string {
  const spec = alias.getSpec()
  if (!spec) return alias.getUrn()
  const type = spec.getType() || request.getType()
  const parentType = spec.getParenturn().split('::')[2]
  return `${stack}::${parentType ? `${parentType}$${type}` : type}::${spec.getName() || request.getName()}`
}

/** Replaces each secret by `{ secret: value }`, so that a test can tell it from a plain value. */
function plain(runtime: Runtime, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(runtime, item))
  if (typeof value !== 'object' || value === null) return value
  if (runtime.isRpcSecret(value)) return { secret: plain(runtime, runtime.unwrapRpcSecret(value)) }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(runtime, item)]))
}
