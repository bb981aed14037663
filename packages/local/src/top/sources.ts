import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { eksToken } from '@warm-pods/functions/aws/eks-token.ts'
import { type Signing, signingOf } from '@warm-pods/functions/aws/sigv4.ts'
import { clusterEndpoint } from '@warm-pods/functions/kubernetes/cluster-endpoint.ts'
import { failureOf } from '@warm-pods/functions/kubernetes/errors.ts'
import { documents } from '@warm-pods/functions/store/client.ts'
import { SessionStore } from '@warm-pods/functions/store/sessions.ts'
import { SlotStore } from '@warm-pods/functions/store/slots.ts'
import { stageTable } from '@warm-pods/functions/store/tables.ts'
import * as v from 'valibot'
import { findInstance } from '../cli/data-folder/instance-file.ts'
import { NAMES } from '../cli/environment.ts'
import { type ApiClient, createApiClient } from '../cluster-context/api-client.ts'
import { dataFolderName } from '../cluster-context/data-folder.ts'
import { kubeconfigFiles, loadContext } from '../cluster-context/kubeconfig-files.ts'
import { UserError } from '../user-error.ts'
import type { Place } from './options.ts'
import type { ReadKubernetes, Source } from './view.ts'

interface Lookup {
  /** The folder of the root package.json, absolute. */
  readonly root: string
  /** The user's current folder, absolute. */
  readonly from: string
  readonly environment: Record<string, string | undefined>
}

/** A stage's own default in stacks/settings. */
const DEFAULT_REGION = 'eu-central-1'
/** Reads of a stage cost money, of this machine they do not. */
const EVERY_MS = { here: 1_000, stage: 2_000 } as const
/** The SDK's own attempts on one call, and the wait for an answer. A screen shows the reason soon. */
const PATIENCE = { connectMs: 2_000, answerMs: 4_000 } as const
/** Nothing is written, so the time to keep rows is not used. */
const KEEP_MS = 0

/**
 * Opens the place that the flags name.
 * @throws UserError when nothing runs there, or the kubeconfig has no such context.
 */
export function openSource(place: Place, lookup: Lookup): Source {
  switch (place.kind) {
    case 'local': {
      const data = place.data ?? join(lookup.root, '.local')
      return machineSource(data, 'npm start', () => loadContext([join(data, 'kubeconfig')], NAMES.context))
    }
    case 'context': {
      const files = kubeconfigFiles({ given: place.kubeconfig, ...lookup })
      const config = loadContext(files, place.context)
      const data = place.data ?? join(lookup.root, '.local/contexts', dataFolderName(config))
      return machineSource(data, `npm start -- --context ${place.context}`, () => config)
    }
    case 'stage':
      return stageSource(place, lookup)
    default:
      return place satisfies never
  }
}

/** @param command the command that starts these services. */
function machineSource(data: string, command: string, kubeconfig: () => KubeConfig): Source {
  const instance = findInstance(data)
  if (!instance)
    throw new UserError(`No Warm Pods runs from ${data}. Start it first, in another terminal: ${command}`)
  // The local database accepts every key. Keys of the owner's own must not reach it.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })
  const db = documents(
    { region: 'local', dynamodbEndpoint: `http://127.0.0.1:${instance.port + 2}` },
    PATIENCE,
  )
  const client = createApiClient(kubeconfig())
  return {
    name: command,
    slots: new SlotStore(db, NAMES.poolTable),
    sessions: new SessionStore(db, NAMES.sessionsTable, KEEP_MS),
    kubernetes: (path) => client.call('GET', path),
    namespace: NAMES.namespace,
    everyMs: EVERY_MS.here,
    close() {
      client.close()
      db.destroy()
    },
  }
}

/** The outputs of `sst deploy` (stacks/index.ts). */
const Outputs = v.object({
  stage: v.optional(v.string()),
  region: v.string(),
  clusterName: v.optional(v.string()),
  namespace: v.optional(v.string()),
})

function stageSource(place: Place & { kind: 'stage' }, { environment, root }: Lookup): Source {
  const { stage } = place
  const outputs = outputsOf(root, stage)
  const region =
    place.region ??
    outputs?.region ??
    environment.WARM_PODS_REGION ??
    environment.AWS_REGION ??
    DEFAULT_REGION
  const cluster = place.cluster ?? outputs?.clusterName
  const db = documents({ region, dynamodbEndpoint: '' }, PATIENCE)
  const reader = cluster === undefined ? undefined : eksReader(cluster, region, signingOf(db.config))
  return {
    name: `stage ${stage} in ${region}`,
    slots: new SlotStore(db, stageTable(stage, 'pool')),
    sessions: new SessionStore(db, stageTable(stage, 'sessions'), KEEP_MS),
    kubernetes:
      reader?.read ??
      `.sst/outputs.json names no cluster of the stage ${stage}. If it is awake, name its EKS cluster: --cluster <name>`,
    namespace: outputs?.namespace ?? NAMES.namespace,
    everyMs: EVERY_MS.stage,
    close() {
      reader?.close()
      db.destroy()
    },
  }
}

/** Returns the outputs of the last deploy from this folder; undefined when it was of another stage, or there was none. */
function outputsOf(root: string, stage: string): v.InferOutput<typeof Outputs> | undefined {
  try {
    const outputs = v.parse(Outputs, JSON.parse(readFileSync(join(root, '.sst/outputs.json'), 'utf8')))
    return outputs.stage === stage ? outputs : undefined
  } catch {
    return undefined
  }
}

/** Reads an EKS cluster with the credentials of the caller. A token lasts for 14 minutes; the client with it is replaced then. */
function eksReader(name: string, region: string, signing: Signing): { read: ReadKubernetes; close(): void } {
  const token = eksToken(name, signing)
  const kubernetes = { endpoint: '', ca: '', token: '', eksCluster: name }
  const endpoint = clusterEndpoint({ kubernetes, clusterRegion: region }, signing.credentials, () =>
    performance.now(),
  )
  let client: { readonly token: string; readonly api: ApiClient } | undefined
  return {
    async read(path) {
      const present = await token()
      if (client?.token !== present) {
        client?.api.close()
        const { ca, url } = await endpoint.get()
        const config = new KubeConfig()
        config.loadFromOptions({
          clusters: [{ name, server: url, caData: ca }],
          users: [{ name, token: present }],
          contexts: [{ name, cluster: name, user: name }],
          currentContext: name,
        })
        client = { token: present, api: createApiClient(config) }
      }
      return client.api.call('GET', path)
    },
    close: () => client?.api.close(),
  }
}

/** Returns the sentence for an error of DynamoDB. */
export function problemOf(error: unknown, place: Place): string {
  const { message = '', name = '' } = error instanceof Error ? error : {}
  if (place.kind !== 'stage')
    return `The database of Warm Pods does not answer: ${failureOf(error)?.problem ?? message}. Is it being stopped?`
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return `AWS credentials are missing: ${message}. Log in first, for example with "aws sso login", or set AWS_PROFILE.`
  if (/ExpiredToken|UnrecognizedClient|InvalidSignature|InvalidClientTokenId/.test(name))
    return `AWS refuses the credentials (${name}). Log in again, for example with "aws sso login".`
  if (name === 'ResourceNotFoundException')
    return `There is no stage ${place.stage} in this account and region. Other regions: npm run top -- --stage ${place.stage} --region <name>`
  if (name === 'AccessDeniedException')
    return `AWS denies the tables of the stage ${place.stage} to these credentials: ${message}`
  return `DynamoDB does not answer: ${failureOf(error)?.problem ?? message}.`
}
