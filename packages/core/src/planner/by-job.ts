import type { ClusterView } from '../state/cluster-view.ts'

/** Finds the Jobs and pods of some Job names. */
export type ByJob = (names: readonly string[]) => ClusterView

/**
 * Groups Jobs and pods by the name of the Job, once for a whole plan. Without that, a plan for n slots would compare n × n names.
 */
export function byJob({ jobs, pods }: ClusterView): ByJob {
  const jobsByName = Map.groupBy(jobs, ({ name }) => name)
  const podsByJob = Map.groupBy(pods, ({ job }) => job)
  return (names) => ({
    jobs: names.flatMap((name) => jobsByName.get(name) ?? []),
    pods: names.flatMap((name) => podsByJob.get(name) ?? []),
  })
}
