/** Returns the name of the stage's repository in ECR. */
export function podRepository(): string {
  return `${$app.name}-${$app.stage}-pod`
}

/**
 * Creates and returns the ECR repository of the pod's images. A tag is a commit and cannot be moved, so a tag always
 * names the same image. Raw Pulumi: SST has no component for ECR.
 */
export function createRegistry() {
  const repository = new aws.ecr.Repository('PodImages', {
    name: podRepository(),
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    // Every build overwrites its layer cache.
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
        rule(2, 'keep the newest 20 and the build cache', {
          tagStatus: 'tagged',
          tagPatternList: ['*'],
          countType: 'imageCountMoreThan',
          countNumber: 21,
        }),
      ],
    }),
  })
  return repository
}
export type Registry = ReturnType<typeof createRegistry>
