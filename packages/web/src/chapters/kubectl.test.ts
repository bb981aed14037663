import { expect, it } from 'vitest'
import { held } from '../visit/_util.ts'
import { kubectlLines } from './kubectl.ts'

const [now, before] = [held(2).pod, held(1).pod]

it('shows the pod, the visitor’s Jobs and pods, and the events of the pod before', () => {
  expect(kubectlLines('warm-pods', 'ada', now, before).map(({ line }) => line)).toEqual([
    "kubectl -n warm-pods get pod warm-0-2-abcde -o jsonpath='{.metadata.uid}'",
    'kubectl -n warm-pods get jobs,pods -l session-id=ada',
    'kubectl -n warm-pods get events --field-selector involvedObject.uid=uid-1',
  ])
})

it('leaves out unknown values', () => {
  const lines = kubectlLines(undefined, 'ada', now, undefined)
  expect(lines).toHaveLength(2)
  expect(lines[0]?.line).toMatch(/^kubectl get pod /)
})

it('quotes names, so that each command is one shell line', () => {
  const [line] = kubectlLines("x'; rm -rf ~; '", 'ada', now, undefined)
  expect(line?.line).toContain(`-n 'x'\\''; rm -rf ~; '\\''' get pod`)
})
