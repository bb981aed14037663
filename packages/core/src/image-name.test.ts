import { expect, it } from 'vitest'
import { splitImageName } from './image-name.ts'

it.each([
  [
    '123456789012.dkr.ecr.us-east-2.amazonaws.com/pod@sha256:0a1b',
    '123456789012.dkr.ecr.us-east-2.amazonaws.com',
    'pod@sha256:0a1b',
  ],
  ['registry:5000/warm-pods/pod:7', 'registry:5000', 'warm-pods/pod:7'],
  ['localhost/warm-pods/pod:7', 'localhost', 'warm-pods/pod:7'],
  ['warm-pods/pod:local', undefined, 'warm-pods/pod:local'],
  ['pod:local', undefined, 'pod:local'],
])('splits %s into the registry %s and the path %s', (image, registry, path) => {
  expect(splitImageName(image)).toEqual({ registry, path })
})
