import type { Settings } from '../settings/settings.ts'
import { serviceTrust } from './roles.ts'
import { leanMaps } from './strip-source-maps.ts'

interface Permission {
  readonly actions: string[]
  readonly resources: $util.Input<string>[]
}

/**
 * A Lambda of this app: arm64, Node 24, its own role with exactly these permissions, logs for two weeks, traces.
 * @param permissions what it may do besides writing its log and its traces.
 */
export function lambda(
  id: string,
  handler: string,
  s: Settings,
  args: {
    readonly memory: `${number} MB`
    readonly timeout: `${number} seconds`
    readonly environment: Record<string, $util.Input<string>>
    readonly permissions: Permission[]
  },
) {
  const account = aws.getCallerIdentityOutput().accountId
  const logs = $interpolate`arn:aws:logs:${s.region}:${account}:log-group:/aws/lambda/${$app.name}-${s.stage}-*`
  return new sst.aws.Function(id, {
    handler: `packages/functions/src/${handler}`,
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    memory: args.memory,
    timeout: args.timeout,
    environment: args.environment,
    logging: { retention: '2 weeks', format: 'json' },
    // Splitting keeps what is imported lazily, the Kubernetes client above all, out of the cold start. Source maps lie
    // beside the code without its sources; reading them costs a cold start some 30 ms, so a person turns them on
    // (NODE_OPTIONS=--enable-source-maps, docs/operations.md) while looking into something.
    nodejs: {
      minify: true,
      splitting: true,
      sourcemap: true,
      esbuild: { keepNames: false },
    },
    hook: { postbuild: leanMaps },
    permissions: [
      ...args.permissions,
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logs] },
      // X-Ray knows no resources.
      { actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] },
    ],
    transform: {
      function: { tracingConfig: { mode: 'Active' } },
      // SST 4.17.1 would let everyone in the account assume a deployed function's role: it tests `!dev`, and there dev
      // is an Output, which is never false. `sst dev` needs that trust, a deploy does not. The managed policy it
      // attaches may write to every log group of the account; the statement above writes to ours.
      role: $dev ? {} : { assumeRolePolicy: serviceTrust('lambda.amazonaws.com'), managedPolicyArns: [] },
    },
  })
}
