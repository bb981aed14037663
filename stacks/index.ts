import {
  createAccessEntry,
  createAdministrator,
  createAuditLog,
  createCluster,
  findSharedCluster,
} from './cluster/cluster.ts'
import { createRegistry } from './cluster/registry.ts'
import { createApi } from './functions/api.ts'
import { createKeepWarm } from './functions/keep-warm.ts'
import { createRefill } from './functions/refill.ts'
import { createTables } from './functions/tables.ts'
import { createBoundary } from './github/boundary.ts'
import { createGithubRoles } from './github/github.ts'
import { githubProviderArn } from './github/provider.ts'
import { checkHostedZone } from './network/hosted-zone.ts'
import { createCertificate, createLoadBalancer } from './network/load-balancer.ts'
import { createNetwork } from './network/network.ts'
import { createAlarms } from './observability/alarms.ts'
import { createBudget } from './observability/budget.ts'
import { createClusterLogs, createLogAccess } from './observability/cluster-logs.ts'
import { createDashboard } from './observability/dashboard.ts'
import { parseSettings, repositoryName } from './settings/settings.ts'
import { stageParameters } from './settings/stage-parameters.ts'

/**
 * Creates every resource of the stage. Called from sst.config.ts.
 * @returns the outputs, which `sst deploy` prints and writes to .sst/outputs.json.
 * @throws Error naming every setting that is missing, malformed or unknown, before any resource is created.
 */
export async function stack() {
  const settings = parseSettings($app.stage, process.env)
  // First of all, because the zone or the shared cluster may not exist.
  await checkHostedZone(settings)
  const sharedCluster = await findSharedCluster(settings)
  const { power, pinnedTag, adminArn, githubProvider, parameters } = await stageParameters(settings)
  const awake = power === 'awake'
  const boundary = createBoundary(settings)
  // Applies to every role, SST's included. The roles of GitHub have limits of their own (github.ts).
  $transform(aws.iam.Role, (args, _options, name) => {
    if (boundary && !name.startsWith('Github')) args.permissionsBoundary ??= boundary
  })

  // SST's key of a code archive names no stage. With the stage in it, the preview role can write archives of its own stages alone.
  $transform(aws.s3.BucketObjectv2, (args) => {
    args.key = $util
      .output(args.key)
      .apply((key = '') => key.replace(/^assets\//, `assets/${settings.stage}/`))
  })

  const tables = createTables(settings)
  const registry = settings.production ? createRegistry() : undefined
  // An asleep stage keeps its network: it is free, and waking is faster with it.
  const network = settings.cluster.kind === 'own' ? createNetwork(settings, awake) : undefined
  const auditLog = settings.cluster.kind === 'own' ? createAuditLog(settings) : undefined
  const clusterLogs =
    settings.cluster.kind === 'own' && settings.monitoring.includes('logs') ? createClusterLogs() : undefined
  const cluster = awake
    ? (sharedCluster ?? createCluster(settings, network, registry, auditLog, pinnedTag))
    : undefined
  const certificateArn = network && settings.domain ? createCertificate(settings.domain) : undefined
  const loadBalancer =
    network && cluster?.own && settings.domain && certificateArn
      ? createLoadBalancer(settings.domain, network, cluster.own, certificateArn)
      : undefined

  const refill = cluster ? createRefill(settings, tables, cluster) : undefined
  const api = createApi(settings, tables, cluster && refill ? { cluster, refill } : undefined)
  if (cluster && refill) {
    createAccessEntry('ApiAccess', cluster, api.fn.nodes.role.arn, `${settings.namespace}:api`)
    createAccessEntry('RefillAccess', cluster, refill.fn.nodes.role.arn, `${settings.namespace}:refill`)
    createKeepWarm(settings, api)
  }

  if (settings.alarms) {
    createAlarms(settings, settings.alarms.email, api, refill, loadBalancer)
    createBudget(settings.alarms)
    if (refill) createDashboard(settings, api, refill, loadBalancer)
  }
  if (githubProvider && settings.repository) {
    const provider = githubProviderArn(githubProvider, parameters)
    createGithubRoles(settings, settings.repository, provider, cluster?.own)
  }
  if (clusterLogs && cluster?.own) createLogAccess(cluster.own, clusterLogs)
  if (adminArn && cluster?.own) createAdministrator('OwnerAccess', cluster.own, adminArn)

  return {
    stage: settings.stage,
    power,
    region: settings.region,
    apiUrl: api.url,
    ...(cluster ? { clusterName: cluster.name, namespace: settings.namespace } : {}),
    ...(registry ? { podImageRepository: registry.repositoryUrl } : {}),
    ...(loadBalancer
      ? { podTargetGroupArn: loadBalancer.targetGroup.arn, gatewayUrl: loadBalancer.url }
      : {}),
    ...(settings.monitoring.length > 0 && cluster
      ? { monitoring: settings.monitoring.join(), repository: repositoryName(settings) }
      : {}),
  }
}
