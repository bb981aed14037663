import { alarms } from './alarms.ts'
import { api } from './api.ts'
import { budget } from './budget.ts'
import { accessEntry, cluster } from './cluster.ts'
import { data } from './data.ts'
import { edge } from './edge.ts'
import { github } from './github.ts'
import { network } from './network.ts'
import { power } from './power.ts'
import { refill } from './refill.ts'
import { registry } from './registry.ts'
import { settings } from './settings.ts'

/**
 * Wires the stage. Called from sst.config.ts.
 * @returns the outputs, which `sst deploy` prints and writes to .sst/outputs.json.
 * @throws Error naming every setting that is missing, malformed or unknown, before anything is made.
 */
export async function stack() {
  const s = settings($app.stage, process.env)
  const awake = (await power(s)) === 'awake'

  const tables = data(s)
  const images = s.production ? registry() : undefined
  const own = s.cluster.kind === 'own' && awake ? network(s) : undefined
  const k8s = awake ? await cluster(s, own, images) : undefined
  const front = own && k8s?.own && s.domain ? edge(s.domain, own, k8s.own) : undefined

  const worker = k8s ? refill(s, tables, k8s) : undefined
  const http = api(s, tables, k8s && worker ? { k8s, worker } : undefined)
  if (k8s && worker) {
    accessEntry('ApiAccess', k8s, http.fn.nodes.role.arn, [`${s.namespace}:provisioner`])
    accessEntry('RefillAccess', k8s, worker.fn.nodes.role.arn, [`${s.namespace}:provisioner`])
  }

  if (s.alarms) {
    alarms(s.alarms.email, http, worker, front)
    budget(s.alarms)
  }
  if (s.production && s.repository) github(s.repository, k8s?.own)

  return {
    power: awake ? 'awake' : 'asleep',
    apiUrl: http.url,
    ...(k8s ? { clusterName: k8s.name, namespace: s.namespace } : {}),
    ...(images ? { podImageRepository: images.repositoryUrl } : {}),
    ...(front ? { podTargetGroupArn: front.targetGroup.arn, gatewayUrl: front.url } : {}),
  }
}
