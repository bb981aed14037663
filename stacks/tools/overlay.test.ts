import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { load, loadAll } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { KUBECTL, NO_KUBECTL } from '../../packages/system-tests/manifests/_render.ts'
import { GATEWAY_IMAGE, overlay } from './overlay.ts'

const ROOT = join(import.meta.dirname, '../..')
const EKS = join(ROOT, 'k8s/overlays/eks')
const ARN = 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/pods/0'
const DIGEST = `sha256:${'a'.repeat(64)}`
const { registry, repository, tag } = GATEWAY_IMAGE

describe(overlay, () => {
  it('names the image that the overlay of EKS uses', () => {
    const kustomization = load(readFileSync(join(EKS, 'kustomization.yaml'), 'utf8')) as {
      images: { newName: string }[]
    }
    expect(kustomization.images.map(({ newName }) => newName)).toEqual([`${registry}/${repository}`])
    expect(readFileSync(join(ROOT, 'k8s/base/gateway/deployment.yaml'), 'utf8')).toContain(
      `nginx-unprivileged:${tag}\n`,
    )
  })

  it('adds components only if the stage has some', () => {
    const values = { base: 'x', targetGroupArn: ARN, gatewayDigest: undefined }
    expect(overlay(values)).not.toContain('components')
    expect(overlay({ ...values, components: ['monitoring/logs'] })).toContain(
      'components:\n  - monitoring/logs\n',
    )
  })

  it.for([
    ['its digest', DIGEST, `@${DIGEST}`],
    ['its tag without a digest', undefined, `:${tag}`],
  ] as const)(
    'renders the gateway with %s, and the binding with the target group',
    ([, gatewayDigest, reference], context) => {
      if (!KUBECTL) return context.skip(NO_KUBECTL)
      const folder = mkdtempSync(join(ROOT, '.overlay-test-'))
      try {
        const text = overlay({ base: relative(folder, EKS), targetGroupArn: ARN, gatewayDigest })
        writeFileSync(join(folder, 'kustomization.yaml'), text)
        const yaml = execFileSync(KUBECTL, ['kustomize', folder], { encoding: 'utf8' })
        const objects = loadAll(yaml) as { kind: string; spec?: { targetGroupARN?: string } }[]
        expect(objects.find(({ kind }) => kind === 'TargetGroupBinding')?.spec?.targetGroupARN).toBe(ARN)
        expect(yaml).toContain(`image: ${registry}/${repository}${reference}\n`)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )
})
