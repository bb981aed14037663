import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LIMITS, limitsWith } from '../../packages/core/src/limits.ts'
import { isKeepWarm } from '../../packages/functions/src/api/keep-warm.ts'
import { PREFLIGHT, toResult } from '../../packages/functions/src/api/response.ts'
import { Environment } from '../../packages/functions/src/config.ts'
import { apiHost, DEFAULT_BUDGET_USD, parseSettings } from '../settings/settings.ts'
import { POD_DIGEST } from './offline/fake-aws.ts'
import { ROOT } from './offline/sst.ts'
import { HAS_CLUSTER, STAGES, type StageName, stageOf } from './stages.ts'

const NAMES = Object.keys(STAGES) as StageName[]
const production = () => stageOf('production')
const manifest = (path: string): string => readFileSync(join(ROOT, 'k8s', path), 'utf8')

describe('network', () => {
  it('has a public and a private subnet in each of two zones, tagged for load balancers', () => {
    const subnets = production()
      .all('Subnet')
      .map(({ inputs }) => inputs as { availabilityZone: string; mapPublicIpOnLaunch: boolean; tags: object })
    const kinds = subnets.map(
      ({ mapPublicIpOnLaunch, availabilityZone }) =>
        `${mapPublicIpOnLaunch ? 'public' : 'private'} ${availabilityZone}`,
    )
    expect(kinds.sort()).toEqual([
      'private eu-central-1a',
      'private eu-central-1b',
      'public eu-central-1a',
      'public eu-central-1b',
    ])
    for (const { mapPublicIpOnLaunch, tags } of subnets) {
      const role = mapPublicIpOnLaunch ? 'elb' : 'internal-elb'
      expect(tags).toMatchObject({ [`kubernetes.io/role/${role}`]: '1' })
    }
  })

  it('uses no zone in which EKS has no control plane', () => {
    const look = production().graph.calls.find(({ token }) => token.endsWith(':getAvailabilityZones'))
    expect(look?.inputs['excludeZoneIds']).toEqual(['use1-az3', 'usw1-az2', 'cac1-az3'])
  })

  it('has the address range that the gateway accepts for pods', () => {
    expect(manifest('overlays/eks/cluster.conf')).toContain(
      `${production().one('Vpc').inputs['cidrBlock']} 1;`,
    )
  })

  it('admits only TLS to the load balancer from outside', () => {
    const stage = production()
    expect(stage.one('DefaultSecurityGroup').inputs).toMatchObject({ ingress: [], egress: [] })
    const open = stage
      .all('SecurityGroup')
      .flatMap((g) => g.inputs['ingress'] as { fromPort: number; toPort: number; cidrBlocks?: string[] }[])
    expect(open).toEqual([{ protocol: 'tcp', fromPort: 443, toPort: 443, cidrBlocks: ['0.0.0.0/0'] }])
    const [rule, ...more] = stage.all('SecurityGroupIngressRule')
    expect(more).toEqual([])
    expect(rule?.inputs).toMatchObject({
      securityGroupId: 'sg-nodes',
      referencedSecurityGroupId: stage.one('SecurityGroup').outputs['id'] ?? 'EdgeGroup-id',
      fromPort: 8080,
      toPort: 8080,
    })
  })
})

describe('cluster', () => {
  it('runs in Auto Mode on a version in standard support, and upgrades when that support ends', () => {
    expect(production().one('Cluster').inputs).toMatchObject({
      version: '1.36',
      bootstrapSelfManagedAddons: false,
      computeConfig: { enabled: true, nodePools: ['system'] },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
      storageConfig: { blockStorage: { enabled: true } },
      upgradePolicy: { supportType: 'STANDARD' },
      enabledClusterLogTypes: ['audit', 'authenticator'],
    })
  })

  it('depends on its roles’ policies and its log group, so it is created after and deleted before them', () => {
    const { dependencies } = production().one('Cluster')
    expect(dependencies.filter((urn) => urn.includes('RolePolicyAttachment'))).toHaveLength(7)
    expect(dependencies.filter((urn) => urn.includes('LogGroup'))).toHaveLength(1)
  })

  it('keeps its log group while the stage is asleep, because EKS writes to it after the cluster is gone', () => {
    const groups = (['production', 'asleep'] as const).map((name) =>
      stageOf(name).one('LogGroup', 'ClusterLog'),
    )
    expect(groups.map(({ urn }) => urn)).toEqual([groups[0]?.urn, groups[0]?.urn])
    for (const { inputs } of groups)
      expect(inputs).toMatchObject({ name: '/aws/eks/warm-pods-production/cluster', retentionInDays: 14 })
  })

  it('has the five policies of Auto Mode on its role, with tagged sessions, and two on the nodes’ role', () => {
    const stage = production()
    expect(stage.trust('ClusterRole')[0]?.actions).toEqual(['sts:AssumeRole', 'sts:TagSession'])
    expect(stage.managedPolicies('ClusterRole')).toEqual([
      'AmazonEKSBlockStoragePolicy',
      'AmazonEKSClusterPolicy',
      'AmazonEKSComputePolicy',
      'AmazonEKSLoadBalancingPolicy',
      'AmazonEKSNetworkingPolicy',
    ])
    expect(stage.managedPolicies('NodeRole')).toEqual([
      'AmazonEC2ContainerRegistryPullOnly',
      'AmazonEKSWorkerNodeMinimalPolicy',
    ])
  })

  it('creates no access entry for the nodes: EKS creates it and rejects a second', () => {
    const stage = production()
    const principals = stage.all('AccessEntry').map((e) => e.inputs['principalArn'])
    expect(principals).not.toContain(stage.one('Role', 'NodeRole').outputs['arn'])
  })

  it('puts the Lambdas into the groups that have RBAC permissions in k8s/', () => {
    const groups = production()
      .all('AccessEntry')
      .flatMap((e) => (e.inputs['kubernetesGroups'] ?? []) as string[])
    const bound = manifest('base/rbac.yaml').matchAll(/kind: Group\n\s+name: (\S+)/g)
    expect(groups.sort()).toEqual([...bound].map(([, group]) => group).sort())
    for (const group of groups) expect(manifest('base/admission-policy.yaml')).toContain(`'${group}'`)
  })

  it('uses no group prefix that Kubernetes or AWS reserve', () => {
    for (const name of ['production', 'shared'] as const) {
      for (const { inputs } of stageOf(name).all('AccessEntry')) {
        const reserved = ((inputs['kubernetesGroups'] ?? []) as string[]).filter((g) =>
          /^(system|eks|aws|amazon|iam):/.test(g),
        )
        expect(reserved).toEqual([])
      }
    }
  })
})

describe('load balancer', () => {
  it('accepts only TLS 1.2 and 1.3, and keeps a quiet WebSocket open for minutes', () => {
    const stage = production()
    expect(stage.one('LoadBalancer').inputs).toMatchObject({
      loadBalancerType: 'application',
      internal: false,
      dropInvalidHeaderFields: true,
    })
    const idleMs = Number(stage.one('LoadBalancer').inputs['idleTimeout']) * 1000
    expect(idleMs).toBeGreaterThan(2 * LIMITS.socketIdleMs)
    expect(
      stage.all('Listener').map(({ inputs }) => [inputs['port'], inputs['protocol'], inputs['sslPolicy']]),
    ).toEqual([[443, 'HTTPS', 'ELBSecurityPolicy-TLS13-1-2-2021-06']])
  })

  it('closes an idle connection before nginx does, so it never sends a handshake into a closing one', () => {
    const keepS = Number(/keepalive_timeout (\d+)s;/.exec(manifest('base/gateway/nginx.conf'))?.[1])
    expect(keepS).toBeGreaterThan(Number(production().one('LoadBalancer').inputs['idleTimeout']))
  })

  it('forwards to pod addresses, with the tag that lets Auto Mode register them', () => {
    const stage = production()
    const { inputs } = stage.one('TargetGroup')
    expect(inputs).toMatchObject({
      targetType: 'ip',
      port: 8080,
      healthCheck: { path: '/healthz' },
      tags: { 'eks:eks-cluster-name': stage.one('Cluster').inputs['name'] },
    })
  })

  it('keeps its certificate while the stage is asleep, so waking waits for no validation', () => {
    for (const name of ['production', 'asleep'] as const)
      expect(stageOf(name).one('Certificate', 'EdgeCertificate').inputs['domainName']).toBe(
        'gateway.pods.example.com',
      )
  })

  it('deregisters a gateway that shuts down before it stops serving', () => {
    const sleepS = Number(/sleep (\d+); nginx/.exec(manifest('overlays/eks/gateway.yaml'))?.[1])
    expect(Number(production().one('TargetGroup').inputs['deregistrationDelay'])).toBeLessThan(sleepS)
  })

  it('has no host name of another stage: a personal stage with the same domain gets its own', () => {
    const domain = (stage: string) => {
      const env = { ...STAGES.production.env, WARM_PODS_ADMIN_ARN: '', WARM_PODS_IMAGE_TAG: '' }
      return apiHost(parseSettings(stage, env))
    }
    expect(domain('production')).toBe('api.pods.example.com')
    expect(domain('ada')).toBe('api-ada.pods.example.com')
  })

  it('has the host names that the functions and the page receive', () => {
    const stage = production()
    expect(stage.one('Record', 'EdgeRecord').inputs['name']).toBe('gateway.pods.example.com')
    expect(stage.environment('ApiFunction')['GATEWAY_URL']).toBe('wss://gateway.pods.example.com')
    expect(stage.one('DomainName').inputs['domainName']).toBe('api.pods.example.com')
  })
})

describe('registry', () => {
  it('makes every tag immutable except the build cache, scans each push, and expires old images', () => {
    const { inputs } = production().one('Repository')
    expect(inputs).toMatchObject({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filter: 'buildcache', filterType: 'WILDCARD' }],
      imageScanningConfiguration: { scanOnPush: true },
    })
    const { rules } = JSON.parse(String(production().one('LifecyclePolicy').inputs['policy']))
    // Old build caches lose their tag. They do not count, so 20 images can be deployed again.
    expect(rules.map(({ selection }: { selection: object }) => selection)).toMatchObject([
      { tagStatus: 'untagged', countNumber: 7 },
      { tagStatus: 'tagged', tagPatternList: ['*'], countNumber: 21 },
    ])
    expect(production().environment('ApiFunction')['IMAGE']).toMatch(
      new RegExp(`/warm-pods-production-pod:0123abc@${POD_DIGEST}$`),
    )
  })
})

describe('tables', () => {
  it('expire items, have point-in-time recovery, and are encrypted with AWS’ key', () => {
    for (const name of NAMES) {
      for (const { inputs } of stageOf(name).all('Table')) {
        expect(inputs).toMatchObject({
          billingMode: 'PAY_PER_REQUEST',
          ttl: { attributeName: 'expiresAt', enabled: true },
          pointInTimeRecovery: { enabled: true },
          serverSideEncryption: { enabled: true },
        })
      }
    }
  })

  it('have the keys and the index of the functions', () => {
    expect(production().one('Table', 'PoolTable').inputs).toMatchObject({ hashKey: 'pool', rangeKey: 'slot' })
    expect(production().one('Table', 'SessionsTable').inputs).toMatchObject({
      hashKey: 'sessionId',
      rangeKey: 'item',
      globalSecondaryIndexes: [
        { name: 'live', hashKey: 'live', rangeKey: 'leaseEndsAt', projectionType: 'KEYS_ONLY' },
      ],
    })
  })

  /** The logical names from before each table was an SST component. Deployed stages still have them. */
  it.each([
    ['Pool', 'warm-pods-production-pool'],
    ['Sessions', 'warm-pods-production-sessions'],
  ])('update the deployed table %s in place, under its name %s', (id, physicalName) => {
    for (const name of ['production', 'asleep'] as const) {
      const { urn, aliases, inputs } = stageOf(name).one('Table', `${id}Table`)
      expect(urn).toContain(`::sst:aws:Dynamo$aws:dynamodb/table:Table::${id}Table`)
      expect(aliases).toEqual([`urn:pulumi:production::warm-pods::aws:dynamodb/table:Table::${id}`])
      expect(inputs['name']).toBe(physicalName)
    }
  })

  it('leave the properties of SST that equal AWS’ defaults to AWS, as the deployed tables do', () => {
    for (const { inputs } of production().all('Table')) expect(inputs).not.toHaveProperty('streamEnabled')
    expect(Object.keys(production().one('Queue').inputs).sort()).toEqual([
      'messageRetentionSeconds',
      'name',
      'sqsManagedSseEnabled',
    ])
  })

  it('are kept after a removal of production, awake or asleep, and deleted with a personal stage', () => {
    for (const name of NAMES) {
      const keeps = STAGES[name].stage === 'production'
      for (const table of stageOf(name).all('Table')) {
        expect([table.retainOnDelete, table.inputs['deletionProtectionEnabled']]).toEqual([keeps, keeps])
      }
    }
  })

  it('are the only resources that a removal keeps', () => {
    for (const name of NAMES) {
      const retained = stageOf(name).graph.resources.filter((r) => r.retainOnDelete)
      expect(retained.filter((r) => !r.type.endsWith(':Table')).map((r) => r.name)).toEqual([])
    }
  })
})

describe('api', () => {
  it('is one function behind every path, throttled, for the site’s origin and for no other', () => {
    const stage = production()
    expect(stage.all('apigatewayv2/route:Route').map((r) => r.inputs['routeKey'])).toEqual(['$default'])
    expect(stage.one('apigatewayv2/stage:Stage').inputs['defaultRouteSettings']).toEqual({
      throttlingBurstLimit: 100,
      throttlingRateLimit: 50,
    })
    expect(stage.one('Api').inputs['corsConfiguration']).toMatchObject({
      allowOrigins: ['https://owner.github.io'],
    })
  })

  it('logs no address, no browser and no path, which names a session', () => {
    const settings = production().one('apigatewayv2/stage:Stage').inputs['accessLogSettings']
    const { destinationArn, format } = settings as { destinationArn: string; format: string }
    expect(destinationArn).toContain('/aws/vendedlogs/apis/')
    expect(Object.values(JSON.parse(format))).toContain('$context.requestId')
    expect(format).not.toMatch(/identity|path|authorizer/i)
  })

  it('sends browsers the same CORS headers as the handler', () => {
    const cors = production().one('Api').inputs['corsConfiguration'] as Record<string, string[]>
    const headers = PREFLIGHT.headers ?? {}
    expect(cors['allowMethods']?.join(', ')).toBe(headers['access-control-allow-methods'])
    expect(cors['allowHeaders']?.join(', ')).toBe(headers['access-control-allow-headers'])
    expect(String(cors['maxAge'])).toBe(headers['access-control-max-age'])
    const answer = toResult({ status: 200 }, 'https://owner.github.io', 'https://owner.github.io')
    expect(cors['exposeHeaders']?.join(', ')).toBe(answer.headers?.['access-control-expose-headers'])
  })

  it('runs every function on arm64 and Node 24, with traces and two weeks of logs', () => {
    for (const name of NAMES) {
      const stage = stageOf(name)
      for (const fn of stage.all('aws:lambda/function:Function')) {
        expect(fn.inputs).toMatchObject({
          runtime: 'nodejs24.x',
          architectures: ['arm64'],
          tracingConfig: { mode: 'Active' },
        })
      }
      for (const group of stage.all('LogGroup')) expect(group.inputs['retentionInDays']).toBe(14)
    }
  })

  it('sets every environment variable that the functions require, and no unknown one', () => {
    const known = Object.keys(Environment.entries)
    for (const name of ['production', 'shared'] as const) {
      for (const fn of ['ApiFunction', 'RefillFunction']) {
        const set = Object.keys(stageOf(name).environment(fn)).filter(
          (variable) => !variable.startsWith('SST_'),
        )
        expect(set.filter((variable) => !known.includes(variable))).toEqual([])
        const required = Object.entries(Environment.entries)
          .filter(([variable, schema]) => schema.type !== 'optional' && variable !== 'AWS_REGION')
          .map(([variable]) => variable)
        expect(required.filter((variable) => !set.includes(variable))).toEqual([])
        // The functions ask EKS for the endpoint of their cluster.
        expect(set).toContain('EKS_CLUSTER')
        expect(set).not.toContain('KUBERNETES_ENDPOINT')
      }
    }
  })

  it('switches the pods’ port for metrics on only in a stage with monitoring', () => {
    const metricsOf = (name: 'production' | 'monitored') =>
      ['ApiFunction', 'RefillFunction'].map((fn) => stageOf(name).environment(fn)['POD_METRICS'])
    expect(metricsOf('production')).toEqual(['', ''])
    expect(metricsOf('monitored')).toEqual(['datadog', 'datadog'])
  })

  it('has one warm process wherever it has a cluster, by an event that only the schedule sends', () => {
    for (const name of NAMES) {
      const stage = stageOf(name)
      const schedules = stage.all('Schedule').filter(({ name: id }) => id === 'KeepWarmSchedule')
      expect(schedules).toHaveLength(HAS_CLUSTER[name] ? 1 : 0)
      for (const { inputs } of schedules) {
        const target = inputs['target'] as { input: string }
        expect(inputs).toMatchObject({
          scheduleExpression: 'rate(4 minutes)',
          target: {
            arn: stage.one('aws:lambda/function:Function', 'ApiFunction').outputs['arn'],
            retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
          },
        })
        expect(isKeepWarm(JSON.parse(target.input))).toBe(true)
      }
    }
  })

  it('times out before API Gateway does, and refill before its next scheduled trigger', () => {
    const timeout = (fn: string) =>
      Number(production().one('aws:lambda/function:Function', fn).inputs['timeout'])
    expect(timeout('ApiFunction')).toBeLessThan(30)
    expect(timeout('RefillFunction') * 1000).toBeGreaterThan(LIMITS.refillRunMs)
    expect(timeout('RefillFunction') * 1000).toBeLessThan(LIMITS.refillEveryMs)
  })

  it('extends the start budget for new nodes, within the order of the limits', () => {
    const limits = limitsWith(JSON.parse(String(production().environment('ApiFunction')['LIMITS'])))
    expect(limits.startBudgetMs).toBe(180_000)
  })

  it('needs only the site’s origin in a stage without a cluster', () => {
    for (const name of ['asleep', 'personal', 'preview'] as const) {
      const { inputs } = stageOf(name).one('aws:lambda/function:Function')
      expect(inputs['handler']).toBe('bundle.handler')
      const variables = Object.keys(stageOf(name).environment('ApiFunction'))
      expect(variables.filter((variable) => !variable.startsWith('SST_'))).toEqual(['SITE_ORIGIN'])
    }
  })
})

describe('refill', () => {
  it('is invoked every minute, without retries', () => {
    const stage = production()
    const fn = stage.one('aws:lambda/function:Function', 'RefillFunction').outputs['arn']
    expect(stage.one('Schedule', 'EveryMinuteSchedule').inputs).toMatchObject({
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: { arn: fn, retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 } },
    })
    expect(stage.permissions('EveryMinuteRole')).toMatchObject([
      { actions: ['lambda:InvokeFunction'], resources: [fn] },
    ])
  })

  it('sends a trigger that failed twice to the queue that an alarm watches', () => {
    const stage = production()
    const queue = stage.one('Queue')
    expect(queue.inputs['sqsManagedSseEnabled']).toBe(true)
    expect(stage.one('FunctionEventInvokeConfig').inputs).toMatchObject({
      functionName: stage.one('aws:lambda/function:Function', 'RefillFunction').outputs['name'],
      maximumRetryAttempts: 1,
      maximumEventAgeInSeconds: 120,
      destinationConfig: { onFailure: { destination: queue.outputs['arn'] } },
    })
    expect(
      stage.permissions('RefillRole').filter(({ actions }) => actions.join().includes('sqs')),
    ).toMatchObject([{ actions: ['sqs:SendMessage'], resources: [queue.outputs['arn']] }])
    expect(stage.one('MetricAlarm', 'RefillLostWakes').inputs['dimensions']).toEqual({
      QueueName: queue.outputs['name'],
    })
  })

  /** The logical names from before the schedule and the queue were SST components. Deployed stages still have them. */
  it.each([
    ['Queue', 'RefillLostQueue', 'aws:sqs/queue:Queue::RefillLost', 'warm-pods-production-refill-lost'],
    [
      'Schedule',
      'EveryMinuteSchedule',
      'aws:scheduler/schedule:Schedule::EveryMinute',
      'warm-pods-production-refill',
    ],
    ['Role', 'EveryMinuteRole', 'aws:iam/role:Role::ScheduleRole', 'warm-pods-production-schedule'],
    [
      'FunctionEventInvokeConfig',
      'RefillEventInvokeConfig',
      'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig::RefillWakes',
      undefined,
    ],
  ])('updates the deployed %s in place, as %s', (type, id, formerUrn, physicalName) => {
    const { aliases, inputs } = production().one(type, id)
    expect(aliases).toEqual([`urn:pulumi:production::warm-pods::${formerUrn}`])
    expect(inputs['name']).toBe(physicalName)
  })
})

describe('alarms', () => {
  it('each says where to look, and mails the owner when it starts and when it ends', () => {
    const stage = production()
    const topic = stage.one('Topic').outputs['arn']
    expect(stage.one('TopicSubscription').inputs).toMatchObject({
      protocol: 'email',
      endpoint: 'owner@example.com',
    })
    for (const { inputs } of stage.all('MetricAlarm')) {
      expect(inputs['alarmActions']).toEqual([topic])
      expect(inputs['okActions']).toEqual([topic])
      expect(String(inputs['alarmDescription']).length).toBeGreaterThan(40)
    }
  })

  it('an asleep stage has no alarm about refill or the gateway', () => {
    const names = stageOf('asleep')
      .all('MetricAlarm')
      .map((a) => a.name)
    expect(names.sort()).toEqual(['ApiErrors', 'ApiThrottled'])
  })

  it('the budget warns when the forecast exceeds it', () => {
    expect(production().one('Budget').inputs).toMatchObject({
      limitAmount: String(DEFAULT_BUDGET_USD),
      timeUnit: 'MONTHLY',
      notifications: [{ notificationType: 'FORECASTED' }, { threshold: 80 }, { threshold: 100 }],
    })
  })
})
