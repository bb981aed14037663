import { expect, it } from 'vitest'
import { withoutRegistry } from './pool-view.ts'

it.each([
  ['123456789012.dkr.ecr.us-east-2.amazonaws.com/pod@sha256:0a1b', 'pod@sha256:0a1b'],
  ['registry:5000/warm-pods/pod:7', 'warm-pods/pod:7'],
  ['localhost/warm-pods/pod:7', 'warm-pods/pod:7'],
  ['warm-pods/pod:local', 'warm-pods/pod:local'],
  ['pod:local', 'pod:local'],
])('%s is shown as %s: a registry on AWS is named after the account', (image, shown) =>
  expect(withoutRegistry(image)).toBe(shown),
)
