import { expect, it } from 'vitest'
import { normalizedImageName } from './images.ts'

it.each([
  ['warm-pods/pod:dev', 'docker.io/warm-pods/pod:dev'],
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1', 'docker.io/library/nginx:1'],
  ['ghcr.io/you/pod', 'ghcr.io/you/pod:latest'],
  ['localhost/pod:1', 'localhost/pod:1'],
  ['localhost:5000/pod:1', 'localhost:5000/pod:1'],
  [
    '1.dkr.ecr.eu-central-1.amazonaws.com/pod@sha256:ab',
    '1.dkr.ecr.eu-central-1.amazonaws.com/pod@sha256:ab',
  ],
])('normalizes %s to the name that nodes report', (image, name) => {
  expect(normalizedImageName(image)).toBe(name)
})
