import type { ClusterFacts } from '../cluster/cluster.ts'
import { controlPlane } from '../settings/environment.ts'
import type { Settings } from '../settings/settings.ts'
import { lambda } from './lambda.ts'
import type { Refill } from './refill.ts'
import type { Data } from './tables.ts'

/**
 * What API Gateway logs of a call. SST's own format has the caller's address, their browser and the path, which names the
 * session: the address is to be stored nowhere. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
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
 * The HTTP API: one Lambda behind every path. Asleep, or in a stage without a cluster, another handler answers each
 * call that there is none, so that the page can say so.
 */
export function api(s: Settings, tables: Data, awake: { k8s: ClusterFacts; worker: Refill } | undefined) {
  const fn = awake
    ? lambda('Api', 'api/handler.handler', s, {
        memory: '1024 MB',
        timeout: '25 seconds',
        environment: controlPlane(s, tables, awake.k8s, awake.worker.fn.name),
        permissions: [
          {
            actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
            resources: [tables.pool.arn],
          },
          {
            actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
            resources: [tables.sessions.arn],
          },
          { actions: ['lambda:InvokeFunction'], resources: [awake.worker.fn.arn] },
        ],
      })
    : lambda('Api', 'api/asleep-handler.handler', s, {
        memory: '128 MB',
        timeout: '5 seconds',
        environment: { SITE_ORIGIN: s.siteOrigin },
        permissions: [],
      })
  const gateway = new sst.aws.ApiGatewayV2('Gateway', {
    ...(s.domain
      ? { domain: { name: `api.${s.domain.name}`, dns: sst.aws.dns({ zone: s.domain.zoneId }) } }
      : {}),
    // Answered by API Gateway itself, so a refusal of its own (429) is readable for the page too. The values are the
    // handler's (packages/functions/src/api/response.ts).
    cors: {
      allowOrigins: [s.siteOrigin],
      allowMethods: ['GET', 'POST', 'DELETE'],
      allowHeaders: ['authorization', 'content-type'],
      exposeHeaders: ['date', 'retry-after'],
      maxAge: '2 hours',
    },
    accessLog: { retention: '2 weeks' },
    transform: {
      // A visitor polls once a second while a pod starts. The bill's ceiling, whatever a stranger does: 50/s all month
      // is 130 million calls.
      stage: (args) => {
        args.defaultRouteSettings = { throttlingBurstLimit: 100, throttlingRateLimit: 50 }
        args.accessLogSettings = $util
          .output(args.accessLogSettings)
          .apply((settings) => ({ destinationArn: '', ...settings, format: ACCESS_LOG }))
      },
    },
  })
  gateway.route('$default', fn.arn)
  return { fn, gateway, url: gateway.url }
}
export type Api = ReturnType<typeof api>
