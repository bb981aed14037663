import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { ROOT } from './kubectl.ts'

const Outputs = v.object({
  power: v.picklist(['awake', 'asleep']),
  region: v.string(),
  apiUrl: v.string(),
  clusterName: v.optional(v.string()),
  namespace: v.optional(v.string()),
  podTargetGroupArn: v.optional(v.string()),
  /** Components of k8s/monitoring, with commas. */
  monitoring: v.optional(v.string(), ''),
  /** `owner/name` on GitHub; empty without one. */
  repository: v.optional(v.string(), ''),
})

/** Returns the outputs of the last deploy (stacks/index.ts). @throws Error if `sst deploy` has written none here. */
export function lastOutputs(): v.InferOutput<typeof Outputs> {
  return v.parse(Outputs, JSON.parse(readFileSync(join(ROOT, '.sst/outputs.json'), 'utf8')))
}
