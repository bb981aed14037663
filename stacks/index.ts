import { accessEntry, administrator, ownCluster, sharedCluster } from './cluster/cluster.ts'
import { registry } from './cluster/registry.ts'
import { api } from './functions/api.ts'
import { refill } from './functions/refill.ts'
import { data } from './functions/tables.ts'
import { boundary } from './github/boundary.ts'
import { github } from './github/github.ts'
import { edge } from './network/load-balancer.ts'
import { network } from './network/network.ts'
import { alarms } from './observability/alarms.ts'
import { budget } from './observability/budget.ts'
import { dashboard } from './observability/dashboard.ts'
import { settings } from './settings/settings.ts'
import { kept } from './settings/stage-parameters.ts'

/**
 * Wires the stage. Called from sst.config.ts.
 * @returns the outputs, which `sst deploy` prints and writes to .sst/outputs.json.
 * @throws Error naming every setting that is missing, malformed or unknown, before anything is made.
 */
export async function stack() {
  const s = settings($app.stage, process.env)
  // Before anything is made: it may not be there.
  const theirs = await sharedCluster(s)
  const { power, imageTag } = await kept(s)
  const awake = power === 'awake'
  const within = boundary(s)
  // Whatever makes a role, SST too. GitHub's own are held by what they are denied.
  $transform(aws.iam.Role, (args, _options, name) => {
    if (within && !name.startsWith('Github')) args.permissionsBoundary ??= within
  })

  const tables = data(s)
  const images = s.production ? registry() : undefined
  // It costs nothing by itself, and an asleep stage wakes faster on it.
  const net = s.cluster.kind === 'own' ? network(s, awake) : undefined
  const k8s = awake ? (theirs ?? ownCluster(s, net, images, imageTag)) : undefined
  const front = net && k8s?.own && s.domain ? edge(s.domain, net, k8s.own) : undefined

  const worker = k8s ? refill(s, tables, k8s) : undefined
  const http = api(s, tables, k8s && worker ? { k8s, worker } : undefined)
  if (k8s && worker) {
    accessEntry('ApiAccess', k8s, http.fn.nodes.role.arn, `${s.namespace}:api`)
    accessEntry('RefillAccess', k8s, worker.fn.nodes.role.arn, `${s.namespace}:refill`)
  }

  if (s.alarms) {
    alarms(s, s.alarms.email, http, worker, front)
    budget(s.alarms)
    if (worker) dashboard(s, http, worker, front)
  }
  if (s.production && s.repository) github(s, s.repository, k8s?.own)
  if (s.adminArn && k8s?.own) administrator('OwnerAccess', k8s.own, s.adminArn)

  return {
    power,
    region: s.region,
    apiUrl: http.url,
    ...(k8s ? { clusterName: k8s.name, namespace: s.namespace } : {}),
    ...(images ? { podImageRepository: images.repositoryUrl } : {}),
    ...(front ? { podTargetGroupArn: front.targetGroup.arn, gatewayUrl: front.url } : {}),
  }
}
