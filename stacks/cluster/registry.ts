/** The pod's images. Tags are commits and never move, so what a deploy names is what runs. */
export function registry() {
  const repository = new aws.ecr.Repository('PodImages', {
    name: `${$app.name}-${$app.stage}-pod`,
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    // The build's layer cache is rewritten by every build.
    imageTagMutabilityExclusionFilters: [{ filter: 'buildcache', filterType: 'WILDCARD' }],
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfigurations: [{ encryptionType: 'AES256' }],
  })
  const rule = (rulePriority: number, description: string, selection: object) => ({
    rulePriority,
    description,
    selection,
    action: { type: 'expire' },
  })
  new aws.ecr.LifecyclePolicy('PodImagesLifecycle', {
    repository: repository.name,
    policy: JSON.stringify({
      rules: [
        rule(1, 'what a tag has left', {
          tagStatus: 'untagged',
          countType: 'sinceImagePushed',
          countUnit: 'days',
          countNumber: 7,
        }),
        rule(2, 'keep the newest 20', { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 20 }),
      ],
    }),
  })
  return repository
}
export type Registry = ReturnType<typeof registry>
