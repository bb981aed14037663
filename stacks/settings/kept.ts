/**
 * Settings that a stage keeps from deploy to deploy in Parameter Store. This file imports nothing of Pulumi, so that unit
 * tests need no SST.
 */
import { type Power, type Settings, VARIABLES } from './settings.ts'

export interface KeptSettings {
  readonly power: Power
  /** Tag of the pod's image; empty for a stage that has no registry. */
  readonly imageTag: string
  /** IAM role or user that administers the cluster besides the deploy role; undefined for a stage without its own cluster. */
  readonly adminArn: string | undefined
  /** Whether GitHub's OIDC provider is the stage's own or was in the account before. Undefined if no workflow deploys the stage. */
  readonly githubProvider: 'created' | 'existing' | undefined
}

/**
 * Resolves each kept setting from the deploy's own settings, or else from the last deploy.
 * A deploy without WARM_PODS_POWER, such as CI's, leaves an asleep stage asleep, and one without WARM_PODS_ADMIN_ARN keeps
 * the owner's access. Waking a stage needs neither image tag nor administrator again.
 * @param stored returns a parameter of the last deploy, or undefined.
 * @param accountHasProvider looks for an OIDC provider of GitHub. Its errors pass through.
 * @throws Error naming each setting that an awake stage needs and no deploy has set yet.
 */
export async function keptSettings(
  settings: Settings,
  stored: (name: string) => string | undefined,
  accountHasProvider: () => Promise<boolean>,
): Promise<KeptSettings> {
  const power = settings.power ?? (stored('power') === 'asleep' ? 'asleep' : 'awake')
  const imageTag = settings.imageTag || (stored('image-tag') ?? '')
  const adminArn = settings.adminArn ?? stored('admin-arn')
  if (settings.cluster.kind === 'own' && power === 'awake') {
    const needs = [
      {
        name: 'WARM_PODS_IMAGE_TAG',
        value: imageTag,
        how: 'the commit from which the pod’s image was built',
      },
      { name: 'WARM_PODS_ADMIN_ARN', value: adminArn, how: VARIABLES.WARM_PODS_ADMIN_ARN },
    ] as const
    const missing = needs.filter(({ value }) => !value)
    if (missing.length > 0) throw new Error(missing.map(({ name, how }) => missingText(name, how)).join(' '))
  }
  const githubProvider = settings.production ? await providerKind(stored, accountHasProvider) : undefined
  return { power, imageTag, adminArn, githubProvider }
}

function missingText(name: string, how: string): string {
  return `${name} is missing, and no earlier deploy has stored one. Set it to: ${how}.`
}

/** Only the first deploy looks for a provider. A later one would find the stage's own, and would stop managing it. */
async function providerKind(
  stored: (name: string) => string | undefined,
  accountHasProvider: () => Promise<boolean>,
): Promise<'created' | 'existing'> {
  const kind = stored('github-provider')
  if (kind === 'existing') return 'existing'
  const isFirstDeploy = kind === undefined && stored('power') === undefined
  return isFirstDeploy && (await accountHasProvider()) ? 'existing' : 'created'
}
