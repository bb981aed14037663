import type { ClusterInfo } from '../cluster/cluster.ts'
import { controlPlaneEnvironment } from '../settings/environment.ts'
import { apiHost, type Settings } from '../settings/settings.ts'
import { createLambda } from './lambda.ts'
import type { Refill } from './refill.ts'
import type { Tables } from './tables.ts'

/**
 * The fields of API Gateway's access log. SST's own format adds the caller's address, the browser, and the path, which
 * names the session. Caller addresses must not be stored anywhere.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const ACCESS_LOG = JSON.stringify({
  requestTime: '$context.requestTime',
  requestId: '$context.requestId',
  httpMethod: '$context.httpMethod',
  status: '$context.status',
  responseLatency: '$context.responseLatency',
  integrationStatus: '$context.integration.status',
  integrationLatency: '$context.integration.latency',
  errorResponseType: '$context.error.responseType',
})

/**
 * Creates the HTTP API with one Lambda behind every path.
 * @param running undefined for a stage that is asleep or has no cluster. Its handler answers every call with `asleep`.
 * @returns the Lambda, the API Gateway, and the API's URL.
 */
export function createApi(
  settings: Settings,
  tables: Tables,
  running: { readonly cluster: ClusterInfo; readonly refill: Refill } | undefined,
) {
  const fn = running
    ? createLambda('Api', 'api/lambda.handler', settings, {
        memory: '1024 MB',
        timeout: '25 seconds',
        environment: controlPlaneEnvironment(settings, tables, running.cluster, running.refill.fn.name),
        permissions: [
          {
            actions: [
              'dynamodb:BatchGetItem',
              'dynamodb:GetItem',
              'dynamodb:PutItem',
              'dynamodb:Query',
              'dynamodb:UpdateItem',
            ],
            resources: [tables.pool.arn],
          },
          {
            actions: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
            resources: [tables.sessions.arn],
          },
          { actions: ['lambda:InvokeFunction'], resources: [running.refill.fn.arn] },
          { actions: ['eks:DescribeCluster'], resources: [running.cluster.arn] },
        ],
      })
    : createLambda('Api', 'api/asleep-handler.handler', settings, {
        memory: '128 MB',
        timeout: '5 seconds',
        environment: { SITE_ORIGIN: settings.siteOrigin },
        permissions: [],
      })
  const host = apiHost(settings)
  const gateway = new sst.aws.ApiGatewayV2('Gateway', {
    ...(host && settings.domain
      ? { domain: { name: host, dns: sst.aws.dns({ zone: settings.domain.zoneId }) } }
      : {}),
    // API Gateway adds these headers itself, so the page can read API Gateway's own 429 too. The values equal those of
    // the handler (packages/functions/src/api/response.ts), and a test compares them.
    cors: {
      allowOrigins: [settings.siteOrigin],
      allowMethods: ['GET', 'POST', 'DELETE'],
      allowHeaders: ['authorization', 'content-type'],
      exposeHeaders: ['date', 'retry-after'],
      maxAge: '2 hours',
    },
    accessLog: { retention: '2 weeks' },
    transform: {
      // This limit caps the bill: 50 calls a second for a whole month are 130 million calls. A visitor polls once a
      // second while a pod starts.
      stage: (args) => {
        args.defaultRouteSettings = { throttlingBurstLimit: 100, throttlingRateLimit: 50 }
        // To deliver this log, a deploy needs rights on every delivery of the account. A pull request's code gets none of them.
        args.accessLogSettings = settings.preview
          ? undefined
          : $util
              .output(args.accessLogSettings)
              .apply((log) => ({ destinationArn: '', ...log, format: ACCESS_LOG }))
      },
    },
  })
  gateway.route('$default', fn.arn)
  return { fn, gateway, url: gateway.url }
}
export type Api = ReturnType<typeof createApi>
