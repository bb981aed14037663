import type { Settings } from '../settings/settings.ts'
import { serviceTrust } from './roles.ts'
import { rootAlias } from './root-alias.ts'
import { stripSourceMaps } from './strip-source-maps.ts'

interface Permission {
  readonly actions: string[]
  readonly resources: $util.Input<string>[]
}

interface LambdaOptions {
  readonly memory: `${number} MB`
  readonly timeout: `${number} seconds`
  readonly environment: Record<string, $util.Input<string>>
  /** Everything that the function may do besides writing its log and its traces. */
  readonly permissions: Permission[]
  readonly asynchronous?: AsynchronousInvocations
}

/** How Lambda handles an asynchronous invocation that fails. */
interface AsynchronousInvocations {
  /** Logical name of the configuration before it was part of the function's component. */
  readonly formerName: string
  readonly retries: number
  readonly maxAgeSeconds: number
  /** Queue that receives each event that Lambda gives up. */
  readonly failures: sst.aws.Queue
}

/**
 * Creates and returns a Lambda: arm64, Node 24, traces, two weeks of logs, and a role with exactly the listed permissions.
 * Permissions are listed instead of `link`, which would allow `dynamodb:*` on a whole table.
 * @param handler module below packages/functions/src and its export, as in `api/handler.handler`.
 */
export function createLambda(id: string, handler: string, settings: Settings, options: LambdaOptions) {
  const account = aws.getCallerIdentityOutput().accountId
  const logs = $interpolate`arn:aws:logs:${settings.region}:${account}:log-group:/aws/lambda/${$app.name}-${settings.stage}-*`
  const { asynchronous } = options
  return new sst.aws.Function(id, {
    handler: `packages/functions/src/${handler}`,
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    memory: options.memory,
    timeout: options.timeout,
    environment: options.environment,
    logging: { retention: '2 weeks', format: 'json' },
    // Splitting moves lazily imported code out of the cold start, above all the Kubernetes client. Reading source maps
    // costs a cold start about 30 ms, so they are off until NODE_OPTIONS=--enable-source-maps is set for debugging.
    nodejs: {
      minify: true,
      splitting: true,
      sourcemap: true,
      esbuild: { keepNames: false },
    },
    hook: { postbuild: stripSourceMaps },
    permissions: [
      ...options.permissions,
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logs] },
      // X-Ray has no resources that a statement could name.
      { actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] },
    ],
    ...(asynchronous ? { retries: asynchronous.retries } : {}),
    transform: {
      function: { tracingConfig: { mode: 'Active' } },
      // SST 4.17.1 lets every principal of the account assume a deployed function's role: it tests `!dev`, where dev is
      // an Output and so never false. `sst dev` needs that trust and a deploy does not.
      // The managed policy that SST attaches allows writing to every log group of the account.
      role: $dev ? {} : { assumeRolePolicy: serviceTrust('lambda.amazonaws.com'), managedPolicyArns: [] },
      ...(asynchronous
        ? {
            eventInvokeConfig: (config, configOptions) => {
              config.maximumEventAgeInSeconds = asynchronous.maxAgeSeconds
              config.destinationConfig = { onFailure: { destination: asynchronous.failures.arn } }
              configOptions.aliases = [rootAlias(asynchronous.formerName)]
              return undefined
            },
          }
        : {}),
    },
  })
}
