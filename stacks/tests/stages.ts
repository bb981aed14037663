/** The stages under test, and how each is evaluated. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { type Graph, parseGraph } from './offline/graph-file.ts'
import { sst } from './offline/sst.ts'
import { Stage } from './stage.ts'

const PRODUCTION = {
  WARM_PODS_DOMAIN: 'pods.example.com',
  WARM_PODS_ZONE_ID: 'Z0EXAMPLE',
  WARM_PODS_SITE_ORIGIN: 'https://owner.github.io',
  WARM_PODS_IMAGE_TAG: '0123abc',
  WARM_PODS_ADMIN_ARN: 'arn:aws:iam::111122223333:user/owner',
  WARM_PODS_ALARM_EMAIL: 'owner@example.com',
  WARM_PODS_REPOSITORY: 'owner@1001/warm-pods@2002',
} as const

export const STAGES = {
  production: { stage: 'production', env: PRODUCTION },
  monitored: {
    stage: 'production',
    env: { ...PRODUCTION, WARM_PODS_MONITORING: 'prometheus,datadog,logs' },
  },
  asleep: { stage: 'production', env: { ...PRODUCTION, WARM_PODS_POWER: 'asleep' } },
  personal: { stage: 'ada', env: {} },
  shared: {
    stage: 'ada',
    env: {
      WARM_PODS_CLUSTER: 'team',
      WARM_PODS_GATEWAY_URL: 'wss://gateway.example.com',
      WARM_PODS_IMAGE: 'registry.example.com/pod:1',
    },
  },
  preview: { stage: 'pr-7', env: {} },
} as const satisfies Record<string, { stage: string; env: Record<string, string> }>

export type StageName = keyof typeof STAGES

/** Whether the functions of a stage have a cluster. */
export const HAS_CLUSTER: Readonly<Record<StageName, boolean>> = {
  production: true,
  monitored: true,
  asleep: false,
  personal: false,
  shared: true,
  preview: false,
}

/** Returns the graph of a stage. @throws Error with SST's output when `sst diff` fails. */
export async function evaluate(name: StageName): Promise<Graph> {
  const { stage, env } = STAGES[name]
  const { code, output, graph } = await sst(['diff', '--stage', stage, '--print-logs'], { env })
  if (code === 0 && graph && graph.errors.length === 0) return graph
  const errors = graph?.errors.join('\n') ?? ''
  throw new Error(`sst diff --stage ${stage} (${name}) ended with ${code}.\n${errors}\n${output}`)
}

/** Returns a stage that the global set-up has evaluated. */
export function stageOf(name: StageName): Stage {
  return new Stage(name, parseGraph(readFileSync(join(inject('graphs'), `${name}.json`), 'utf8')))
}
