/** Reads from the emulator how the deploy connected the stage: functions, their code, the API and the schedule. */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { Emulator } from './emulator.ts'
import { unzip } from './unzip.ts'

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html */
const GetFunction = v.object({
  Configuration: v.object({
    FunctionName: v.string(),
    Handler: v.string(),
    Role: v.string(),
    Timeout: v.number(),
    CodeSha256: v.string(),
    Environment: v.object({ Variables: v.record(v.string(), v.string()) }),
  }),
  Code: v.object({ Location: v.string() }),
})
type Configuration = v.InferOutput<typeof GetFunction>['Configuration']

export interface DeployedFunction {
  readonly name: string
  /** Module and export, such as `bundle.handler`. */
  readonly handler: string
  readonly roleArn: string
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
  /** The files of the code archive by their paths. */
  readonly files: ReadonlyMap<string, Buffer>
}

/** Fetches a function and its code. @throws Error when the archive does not have the hash that Lambda reports. */
export async function deployedFunction(emulator: Emulator, name: string): Promise<DeployedFunction> {
  const answer = await emulator.rest('lambda', `/2015-03-31/functions/${encodeURIComponent(name)}`)
  const { Configuration, Code } = v.parse(GetFunction, answer)
  return {
    name: Configuration.FunctionName,
    handler: Configuration.Handler,
    roleArn: Configuration.Role,
    timeoutMs: Configuration.Timeout * 1_000,
    environment: Configuration.Environment.Variables,
    files: unzip(await codeArchive(emulator, Configuration, Code.Location)),
  }
}

const Bootstrap = v.pipe(v.string(), v.parseJson(), v.object({ asset: v.string() }))
const Parameter = v.object({ Parameter: v.object({ Value: Bootstrap }) })

/**
 * On AWS the location is a signed URL. The emulator names a bucket that does not exist, but the right key. The hash shows
 * that SST's bucket has the same archive.
 */
async function codeArchive(
  emulator: Emulator,
  { CodeSha256, FunctionName }: Configuration,
  location: string,
) {
  const { Parameter: bootstrap } = v.parse(
    Parameter,
    await emulator.target('ssm', 'AmazonSSM.GetParameter', { Name: '/sst/bootstrap', WithDecryption: true }),
  )
  const archive = await emulator.object(bootstrap.Value.asset, new URL(location).pathname.slice(1))
  const hash = createHash('sha256').update(archive).digest('base64')
  if (hash !== CodeSha256)
    throw new Error(`The code of ${FunctionName} has the hash ${hash}, and Lambda reports ${CodeSha256}.`)
  return archive
}

const items = <Item extends v.GenericSchema>(item: Item) =>
  v.union([
    v.object({ items: v.array(item) }),
    v.pipe(
      v.object({ Items: v.array(item) }),
      v.transform(({ Items }) => ({ items: Items })),
    ),
  ])
const Mappings = items(v.object({ apiId: v.string() }))
const Routes = items(v.object({ routeKey: v.string(), target: v.string() }))
const Integrations = items(
  v.object({ integrationId: v.string(), integrationUri: v.string(), payloadFormatVersion: v.string() }),
)

/** Follows a domain name to the Lambda behind it: mapping, `$default` route, integration. @throws Error for a missing link. */
export async function functionOfDomain(emulator: Emulator, domain: string): Promise<string> {
  const read = (path: string) => emulator.rest('apigateway', path)
  const mapping = v.parse(Mappings, await read(`/v2/domainnames/${domain}/apimappings`)).items[0]
  if (!mapping) throw new Error(`The domain name ${domain} is mapped to no API.`)
  const api = `/v2/apis/${mapping.apiId}`
  const route = v
    .parse(Routes, await read(`${api}/routes`))
    .items.find(({ routeKey }) => routeKey === '$default')
  const integrations = v.parse(Integrations, await read(`${api}/integrations`)).items
  const integration = integrations.find(({ integrationId }) => route?.target.endsWith(integrationId))
  if (!integration) throw new Error(`The API of ${domain} has no $default route with an integration.`)
  if (integration.payloadFormatVersion !== '2.0')
    throw new Error(
      `The API of ${domain} sends events of version ${integration.payloadFormatVersion}, not 2.0.`,
    )
  return functionName(integration.integrationUri)
}

const Schedule = v.object({
  ScheduleExpression: v.string(),
  State: v.string(),
  Target: v.object({ Arn: v.string(), Input: v.optional(v.nullable(v.string())) }),
})
const Schedules = v.object({ Schedules: v.array(v.object({ Name: v.string() })) })

export interface DeployedSchedule {
  readonly name: string
  readonly functionName: string
  readonly periodMs: number
  /** The payload of each invocation; undefined for the event of the schedule. */
  readonly input: string | undefined
}

/** @returns the enabled schedules of the stage. @throws Error for an expression that is not a rate in minutes. */
export async function deployedSchedules(emulator: Emulator, stage: string): Promise<DeployedSchedule[]> {
  const { Schedules: named } = v.parse(Schedules, await emulator.rest('scheduler', '/schedules'))
  const ours = named.filter(({ Name }) => Name.startsWith(`warm-pods-${stage}-`))
  const read = async ({ Name }: { Name: string }) => ({
    name: Name,
    ...v.parse(Schedule, await emulator.rest('scheduler', `/schedules/${encodeURIComponent(Name)}`)),
  })
  const enabled = (await Promise.all(ours.map(read))).filter(({ State }) => State === 'ENABLED')
  return enabled.map(({ name, ScheduleExpression, Target }) => {
    const minutes = /^rate\((\d+) minutes?\)$/.exec(ScheduleExpression)?.[1]
    if (!minutes) throw new Error(`The schedule ${name} has the unknown expression ${ScheduleExpression}.`)
    return {
      name,
      functionName: functionName(Target.Arn),
      periodMs: Number(minutes) * 60_000,
      input: Target.Input ?? undefined,
    }
  })
}

/** @returns the name in the ARN of a function, also inside the URI by which API Gateway invokes it. */
function functionName(arn: string): string {
  const name = /:function:([^:/]+)/.exec(arn)?.[1]
  if (!name) throw new Error(`Expected the ARN of a function, got ${arn}.`)
  return name
}
